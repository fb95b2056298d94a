# A private Apache Kafka: one KRaft node, broker and controller in one process, on the loopback address.
# Jars come once into $ORGCODE_CACHE; data, settings and log are in $ORGCODE_HOME/kafka.
# shellcheck shell=bash

kafka_version() { sed -n 's:^  <version>\(.*\)</version>:\1:p' "$ORGCODE_ROOT/deploy/kafka/pom.xml"; }
kafka_jars() { echo "$ORGCODE_CACHE/kafka-$(kafka_version)"; }
kafka_bootstrap() { echo "127.0.0.1:$(port_get kafka)"; }

# Fetches the jars that deploy/kafka/pom.xml pins and checks each against deploy/kafka/jars.sha256. Several may ask at the
# same time: one fetches, the others wait for it.
kafka_fetch()
{
    local jars
    jars=$(kafka_jars)
    [ ! -e "$jars/complete" ] || return 0
    mkdir -p "$ORGCODE_CACHE" 2>/dev/null || die "cannot make the folder $ORGCODE_CACHE" "Set ORGCODE_CACHE to one that you may write."
    disk_need 300 "$ORGCODE_CACHE"
    (
        flock -w 900 7 || die "another program has been fetching Kafka's jars for 15 minutes" "Look for it with: fuser $ORGCODE_CACHE/lock"
        [ -e "$jars/complete" ] || kafka_fetch_into "$jars"
    ) 7>"$ORGCODE_CACHE/lock" 9>&-
}

kafka_fetch_into()
{
    local part=$1.part log=$1.log
    step "fetching Apache Kafka $(kafka_version) (54 MB, once)"
    rm -rf "$part" "$1"
    if ! mvn -q -B -Dstyle.color=never -f "$ORGCODE_ROOT/deploy/kafka/pom.xml" \
        org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$part/lib" >"$log" 2>&1; then
        sed -n 's/\x1b\[[0-9;]*m//g; s/.*ERROR\]/       |/p' "$log" | head -4 | cut -c1-300 >&2
        die "Maven could not fetch Kafka's jars" \
            "No network? Behind a proxy or a mirror, set it in ~/.m2/settings.xml. Then run this again, or set" \
            "ORGCODE_BOOTSTRAP to a broker that is there already."
    fi
    (cd "$part/lib" && sha256sum --quiet -c "$ORGCODE_ROOT/deploy/kafka/jars.sha256" >&2) ||
        die "Kafka's jars are not those that deploy/kafka/jars.sha256 names" "Remove them from ~/.m2 and run this again."
    touch "$part/complete"
    mv -T "$part" "$1" || die "cannot move Kafka's jars to $1"
}

kafka_plain_properties()
{
    cat <<END
listeners=PLAINTEXT://127.0.0.1:$1,CONTROLLER://127.0.0.1:$2
advertised.listeners=PLAINTEXT://127.0.0.1:$1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
END
}

# kafka_properties PORT CONTROLLER-PORT AGENCIES-PORT: the settings file, written anew at each start. Everything that matters is
# said; retention is for ever.
kafka_properties()
{
    if secure; then secure_kafka_properties "$1" "$3" "$2"; else kafka_plain_properties "$1" "$2"; fi
    cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$2
log.dirs=$ORGCODE_HOME/kafka/data
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
# Longer than a start takes: a broker that ends transactions by their time-out before it knows the leaders of its own
# partitions, right after a crash, drops the abort markers, and readers would see the aborted records among the next committed ones.
transaction.abort.timed.out.transaction.cleanup.interval.ms=20000
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# a broker that comes back after a crash waits until its former registration has run out
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.retention.minutes=2147483647
log.retention.ms=-1
log.retention.bytes=-1
# scripted registries write records with stamps of any day
log.message.timestamp.before.max.ms=9223372036854775807
log.message.timestamp.after.max.ms=9223372036854775807
message.max.bytes=2162688
replica.fetch.max.bytes=2162688
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.threads=1
num.network.threads=2
num.io.threads=4
background.threads=2
END
}

# C1 alone halves the CPU of a start and leaves the cores to the load; the serial collector needs a quarter of the memory of ZGC,
# and its pauses stay in the low milliseconds with a heap of this size (measured with tests/bench/run).
kafka_start()
{
    local home=$ORGCODE_HOME/kafka log=$ORGCODE_HOME/log/kafka-server.log jars port controller agencies= java_options=
    kafka_running && return 0
    kafka_fetch
    jars=$(kafka_jars)
    mkdir -p "$home"
    for _ in 1 2 3; do
        port=$(port_choose kafka)
        controller=$(port_choose kafka_controller)
        if secure; then
            agencies=$(port_choose kafka_agencies)
            java_options=$(secure_kafka_java)
        fi
        kafka_properties "$port" "$controller" "$agencies" >"$home/server.properties"
        if [ ! -e "$home/data/meta.properties" ]; then
            java -Xmx128m -XX:TieredStopAtLevel=1 -cp "$jars/lib/*" kafka.tools.StorageTool format \
                -t "$(head -c 16 /dev/urandom | base64 | tr '+/' 'Aa' | cut -c1-22)" \
                -c "$home/server.properties" >"$home/format.log" 2>&1 || {
                log_tail "$home/format.log"
                die "Kafka's data folder $home/data could not be made" "$(df -h "$home" | tail -1)"
            }
        fi
        [ ! -f "$log" ] || mv -f "$log" "$log.before"
        : >"$log"
        # shellcheck disable=SC2086
        process_start kafka java $java_options -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
            -Dlog4j2.configurationFile="$ORGCODE_ROOT/deploy/kafka/log4j2.xml" \
            -Dorgcode.log="$log" -cp "$jars/lib/*" kafka.Kafka "$home/server.properties"
        if wait_for 60 kafka_started_or_dead && kafka_running && port_taken "$port"; then
            if secure; then secure_configs; fi
            return 0
        fi
        process_stop kafka 2
        grep -qE 'Address already in use|BindException|Failed to bind' "$log" || break
        say "a port of Kafka was taken while it started: trying others"
    done
    log_tail "$ORGCODE_HOME/log/kafka.log" 5
    log_tail "$log"
    if grep -q 'No space left' "$log" "$ORGCODE_HOME/log/kafka.log"; then
        die "Kafka does not start: the disk of $home is full" "Free some space and run this again."
    fi
    die "Kafka does not start" "Its log is $log."
}

kafka_running() { process_pid kafka >/dev/null; }
kafka_started_or_dead() { ! kafka_running || grep -q 'Kafka Server started' "$ORGCODE_HOME/log/kafka-server.log"; }
kafka_stop() { process_stop kafka 30; }
