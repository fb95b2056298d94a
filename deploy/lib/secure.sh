# The secure mode of a home: mutual TLS with one certificate an account, rights in Kafka, roles in PostgreSQL.
# Chosen when the home is made, remembered in $ORGCODE_HOME/secure. Certificates are in tls/, what a client needs in accounts/.
# shellcheck shell=bash

SERVICE_ACCOUNTS="admin operator validate apply notify gateway redrive serve"

secure() { [ -f "$ORGCODE_HOME/secure" ]; }

# secure_settle WANTED: makes a new home secure when WANTED is yes; a home keeps its mode.
secure_settle()
{
    if [ "$1" = yes ] && ! secure; then
        if [ -e "$ORGCODE_HOME/kafka/data" ] || [ -d "$(postgres_folder)/data" ]; then
            die "$ORGCODE_HOME holds a registry that is not secured" "Set ORGCODE_HOME to another folder, or clean this one first."
        fi
        touch "$ORGCODE_HOME/secure"
    fi
    ! secure || secure_certificates
}

secure_tls()
{
    local crl=file://${ORGCODE_HOME// /%20}/tls/revoked.crl
    ORGCODE_TLS=$ORGCODE_HOME/tls ORGCODE_CRL_URI=$crl "$ORGCODE_ROOT/deploy/tls/tls" "$@" >&2 9>&- ||
        die "the certificates could not be made" "See above; they are in $ORGCODE_HOME/tls."
}

secure_certificates()
{
    secure_tls init
    secure_tls server broker localhost 127.0.0.1
    secure_tls server postgres localhost 127.0.0.1
    # shellcheck disable=SC2086
    secure_tls account $SERVICE_ACCOUNTS
}

# ---- what clients need: accounts/NAME.conf for our programs, NAME.librdkafka for kcat and others, NAME.java for Kafka's own ----

secure_role()
{
    case "$1" in
    admin) echo orgcode ;;
    operator) echo orgcode-replay ;;
    apply | notify | serve | redrive) echo "orgcode-$1" ;;
    esac
}

# secure_conninfo ACCOUNT [DATABASE]: for libpq; the account's certificate is its password.
secure_conninfo()
{
    local tls=$ORGCODE_HOME/tls
    echo "host=127.0.0.1 port=$(port_get postgres) dbname=${2:-orgcode} user=$(secure_role "$1") sslmode=verify-full" \
        "sslrootcert='$tls/ca.pem' sslcert='$tls/$1.pem' sslkey='$tls/$1.key'"
}

# secure_bootstrap ACCOUNT: the registry's own come by the brokers' listener, agencies and subscribers by another.
secure_bootstrap()
{
    case " $SERVICE_ACCOUNTS " in
    *" $1 "*) kafka_bootstrap ;;
    *) echo "127.0.0.1:$(port_get kafka_agencies)" ;;
    esac
}

secure_config()
{
    local name=$1 file=$ORGCODE_HOME/accounts/$1 tls=$ORGCODE_HOME/tls properties
    properties="security.protocol=ssl
ssl.ca.location=$tls/ca.pem
ssl.certificate.location=$tls/$name.pem
ssl.key.location=$tls/$name.key"
    {
        echo "# orgcode-* --config, or ORGCODE_CONFIG"
        if [ "$name" != serve ]; then
            echo "bootstrap = $(secure_bootstrap "$name")"
            sed 's/^/property = /' <<<"$properties"
        fi
        case "$name" in apply | notify | serve | operator | redrive) echo "pg = $(secure_conninfo "$name")" ;; esac
    } >"$file.conf"
    [ "$name" != serve ] || return 0
    printf 'bootstrap.servers=%s\n%s\n' "$(secure_bootstrap "$name")" "$properties" >"$file.librdkafka"
    cat >"$file.java" <<END
bootstrap.servers=$(secure_bootstrap "$name")
security.protocol=SSL
ssl.truststore.type=PEM
ssl.truststore.location=$tls/ca.pem
ssl.keystore.type=PEM
ssl.keystore.location=$tls/$name.store
END
}

# For every account that has a certificate, once the ports are known.
secure_configs()
{
    local name
    (
        umask 077
        mkdir -p "$ORGCODE_HOME/accounts"
        for name in "$ORGCODE_HOME"/accounts/*.conf; do # of a certificate that was revoked
            name=$(basename "$name" .conf)
            [ -f "$ORGCODE_HOME/tls/$name.key" ] || rm -f "$ORGCODE_HOME/accounts/$name".{conf,librdkafka,java}
        done
        for name in "$ORGCODE_HOME"/tls/*.key; do
            name=$(basename "$name" .key)
            case "$name" in ca | broker | postgres) ;; *) secure_config "$name" ;; esac
        done
    )
}

# secure_environment ACCOUNT: for `env`. The admin may let authorities in, so it gets the script for certificates too.
secure_environment()
{
    local files=$ORGCODE_HOME/accounts/$1
    [ -f "$files.conf" ] || die "there is no account $1" "Those that there are: $(cd "$ORGCODE_HOME/accounts" && echo *.conf | sed 's/\.conf//g')"
    ORGCODE_BOOTSTRAP=$(secure_bootstrap "$1")
    ORGCODE_PG=$([ -z "$(secure_role "$1")" ] || secure_conninfo "$1")
    printf 'export ORGCODE_CONFIG=%q\n' "$files.conf"
    [ "$1" = serve ] || printf 'export KCAT_CONFIG=%q\n' "$files.librdkafka"
    [ "$1" = admin ] || return 0
    printf 'export ORGCODE_TLS=%q\n' "$ORGCODE_HOME/tls"
    printf 'export ORGCODE_CRL_URI=%q\n' "file://${ORGCODE_HOME// /%20}/tls/revoked.crl"
    printf 'export ORGCODE_CERTIFY=%q\n' "$ORGCODE_ROOT/deploy/tls/tls"
}

# ---- Kafka ----

# secure_kafka_properties SERVICES AGENCIES CONTROLLER: in place of the plain listeners. Closing clients' connections by a bound on
# them spares the listener between brokers, so the registry's own use that one. Nothing is allowed that is not given.
secure_kafka_properties()
{
    cat <<END
listeners=SERVICES://127.0.0.1:$1,AGENCIES://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
advertised.listeners=SERVICES://127.0.0.1:$1,AGENCIES://127.0.0.1:$2
listener.security.protocol.map=SERVICES:SSL,AGENCIES:SSL,CONTROLLER:SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=SERVICES
# a bound on all connections is one on each listener too, unless said otherwise: these must stay open
listener.name.services.max.connections=2147483647
listener.name.controller.max.connections=2147483647
ssl.client.auth=required
ssl.enabled.protocols=TLSv1.3
ssl.keystore.type=PEM
ssl.keystore.location=$ORGCODE_HOME/tls/broker.store
ssl.truststore.type=PEM
ssl.truststore.location=$ORGCODE_HOME/tls/ca.pem
ssl.principal.mapping.rules=RULE:^CN=([A-Za-z0-9-]+)\$/\$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin;User:broker
allow.everyone.if.no.acl.found=false
END
}

# The JVM looks into the list of revoked certificates at each handshake; it reads it again after 30 s.
secure_kafka_java() { echo -Dcom.sun.net.ssl.checkRevocation=true -Dcom.sun.security.enableCRLDP=true; }

# secure_transactional PATTERN NAME ACCOUNT...: rights on transactional ids, which Debian's librdkafka cannot give.
secure_transactional()
{
    local pattern=$1 name=$2 account
    local -a principals=()
    shift 2
    for account in "$@"; do principals+=(--allow-principal "User:$account"); done
    java -Xmx128m -XX:TieredStopAtLevel=1 -cp "$(kafka_jars)/lib/*" org.apache.kafka.tools.AclCommand \
        --bootstrap-server "$(kafka_bootstrap)" --command-config "$ORGCODE_HOME/accounts/admin.java" \
        --add "${principals[@]}" --operation Write --operation Describe \
        --resource-pattern-type "$pattern" --transactional-id "$name" </dev/null >>"$ORGCODE_HOME/log/rights.log" 2>&1 9>&-
}

# secure_rights [PREFIX]: once a home; without a prefix for any registry, as tests have many on one Kafka.
secure_rights()
{
    local rc=0
    [ ! -f "$ORGCODE_HOME/accounts/rights" ] || return 0
    if [ $# = 0 ]; then
        secure_transactional literal '*' notify redrive operator || rc=1
    else
        secure_transactional prefixed "$1-notify" notify operator || rc=1
        secure_transactional prefixed "$1-redrive" redrive || rc=1
        secure_transactional prefixed "$1-import" operator || rc=1
    fi
    if [ $rc != 0 ]; then
        log_tail "$ORGCODE_HOME/log/rights.log"
        die "the rights on transactional ids could not be given" "The log is $ORGCODE_HOME/log/rights.log."
    fi
    touch "$ORGCODE_HOME/accounts/rights"
}

# ---- PostgreSQL ----

# Copies what the server reads to where its account may read it.
secure_postgres_files()
{
    local folder=$1 file
    for file in ca.pem revoked.crl postgres.pem postgres.key; do
        postgres_as_owner sh -c "umask 077 && mkdir -p '$folder/tls' && cat >'$folder/tls/$file'" <"$ORGCODE_HOME/tls/$file"
    done
    postgres_as_owner sh -c "umask 077 && cat >'$folder/data/pg_hba.conf'" <<'END'
# TLS alone. An account is what its certificate says; the server's own administrator has a password.
hostssl all postgres 127.0.0.1/32 scram-sha-256
hostssl all all      127.0.0.1/32 cert map=registry
END
    postgres_as_owner sh -c "umask 077 && cat >'$folder/data/pg_ident.conf'" <<'END'
registry admin                             orgcode
registry operator                          orgcode-replay
registry /^(apply|notify|serve|redrive)$   orgcode-\1
END
}

secure_postgres_settings()
{
    cat <<END
ssl = on
ssl_min_protocol_version = 'TLSv1.3'
ssl_ca_file = '$1/tls/ca.pem'
ssl_crl_file = '$1/tls/revoked.crl'
ssl_cert_file = '$1/tls/postgres.pem'
ssl_key_file = '$1/tls/postgres.key'
END
}
