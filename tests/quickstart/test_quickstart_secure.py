"""deploy/quickstart --secure: the same registry, every service and every agency by an account of its own."""

import json
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((ROOT / "schemas/samples/expected.json").read_text())
PROGRAMS = ("validate", "apply", "notify", "serve")


@pytest.fixture(scope="module")
def secure(checkout, tmp_path_factory):
    """Another home of the same checkout, with the programs that are built."""
    env = {"ORGCODE_HOME": str(tmp_path_factory.mktemp("secure") / "a home"), "ORGCODE_BUILD": str(checkout.folder / ".run/build")}
    done = checkout.quickstart("--secure", env=env)
    try:
        yield env, done.stdout
    finally:
        # the programs stay: they are the other home's
        checkout.quickstart("clean", env={**env, "ORGCODE_BUILD": env["ORGCODE_HOME"] + "/build"})
        assert not Path(env["ORGCODE_HOME"]).exists()


def shell(checkout, env, account, script, check=True):
    return subprocess.run(["bash", "-euc", f'eval "$(deploy/quickstart env {account})"\n{script}'], cwd=checkout.folder,
                          env={**checkout.env, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=check)


def test_the_sample_comes_out_the_same(checkout, secure):
    env, printed = secure
    closed = shell(checkout, env, "", 'psql -XAtc "select code from orgcode.code where status = 2 order by code" "$ORGCODE_PG"').stdout
    assert closed.split() == EXPECTED["closed"]
    assert "ce_type=vn.gov.orgcode.organization.merged.v1" in printed


def test_every_service_has_a_login_of_its_own(checkout, secure):
    env, _ = secure
    script = ('psql -XAtF " " -c "select distinct usename, ssl, version, client_dn from pg_stat_activity join pg_stat_ssl using (pid)'
              ' where usename like \'orgcode-%\' order by 1" "$ORGCODE_PG"')
    assert shell(checkout, env, "", script).stdout.splitlines() == [f"orgcode-{name} t TLSv1.3 /CN={name}" for name in ("apply", "notify", "serve")]
    for name in PROGRAMS:
        pid = (Path(env["ORGCODE_HOME"]) / "pid" / name).read_text().split()[0]
        environment = Path(f"/proc/{pid}/environ").read_text()
        assert f"accounts/{name}.conf" in environment and "ORGCODE_PG=" not in environment and "PRIVATE" not in environment
        options = Path(env["ORGCODE_HOME"], "accounts", f"{name}.conf").read_text()
        assert ("bootstrap" in options) == (name != "serve") and (name == "validate" or "sslmode=verify-full" in options)


def test_serve_answers_and_may_do_no_more_than_read(checkout, secure):
    env, _ = secure
    assert_serve_answers(checkout, env)
    for statement in ("insert into orgcode.law default values", "update orgcode.place set receipt = 0", "delete from orgcode.change",
                      "create table orgcode.mine ()", "create schema mine"):
        refused = shell(checkout, env, "serve", f'psql -XAtc "{statement}" "$ORGCODE_PG"', check=False)
        assert refused.returncode != 0 and "permission denied" in refused.stderr, (statement, refused.stderr)
    assert "orgcode-serve" in shell(checkout, env, "serve", 'psql -XAtc "select current_user, count(*) from orgcode.code" "$ORGCODE_PG"').stdout


def assert_serve_answers(checkout, env):
    """The page, and that a province which was merged is closed and has a successor."""
    url = re.search(r"export ORGCODE_URL=(\S+)", checkout.quickstart("env", env=env).stdout).group(1)
    with urllib.request.urlopen(f"{url}/", timeout=60) as answer:
        assert answer.status == 200 and "text/html" in answer.headers["Content-Type"] and b"<form" in answer.read()
    with urllib.request.urlopen(f"{url}/v1/organizations/H22", timeout=60) as answer:
        found = json.load(answer)
        assert answer.status == 200 and found["record"]["status"] == "closed", found
        assert [successor["code"] for successor in found["record"]["successors"]] == ["H60"], found


@pytest.mark.parametrize("wrong", ["another authority", "another name", "no TLS", "another's certificate"])
def test_postgresql_is_who_it_says_and_takes_nobody_else(checkout, secure, tmp_path, wrong):
    env, _ = secure
    change = {"another authority": f"s#sslrootcert='[^']*'#sslrootcert='{tmp_path}/ca.pem'#",
              "another name": "s#host=127.0.0.1#host=registry.example hostaddr=127.0.0.1#",
              "no TLS": "s#sslmode=verify-full#sslmode=disable#",
              "another's certificate": "s#/tls/serve[.]#/tls/notify.#g"}[wrong]
    said = {"another authority": "certificate verify failed", "another name": "does not match host name", "no TLS": "no encryption",
            "another's certificate": "certificate authentication failed"}[wrong]
    subprocess.run([ROOT / "deploy/tls/tls", "init"], env={"ORGCODE_TLS": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=True)
    refused = shell(checkout, env, "serve", f'psql -XAtc "select 1" "$(sed "{change}" <<<"$ORGCODE_PG")"', check=False)
    assert refused.returncode == 2 and said in refused.stderr, refused.stderr


def test_an_agency_publishes_by_its_own_account_alone(checkout, secure):
    env, _ = secure
    script = 'grep \'"authority":"H26"\' schemas/samples/02-lower.jsonl | head -3 >"$ORGCODE_HOME/some"; orgcode-publish --wait "$ORGCODE_HOME/some"'
    assert "duplicate" in shell(checkout, env, "H26", script).stdout
    refused = shell(checkout, env, "G12", 'orgcode-publish "$ORGCODE_HOME/some"', check=False)
    assert refused.returncode in (3, 4)
    assert "unset ORGCODE_PG" in checkout.quickstart("env", "H26", env=env).stdout
    Path(env["ORGCODE_HOME"], "some").unlink()


def test_a_new_authority_is_let_in_and_out_in_one_step_each(checkout, secure):
    env, _ = secure
    shell(checkout, env, "", "orgcode-replay authority add K99")
    assert "orgcode.acts.K99" in shell(checkout, env, "K99", "kcat -L -t orgcode.acts.K99").stdout
    shell(checkout, env, "", "orgcode-replay authority end K99 --cut 0")
    gone = checkout.quickstart("env", "K99", env=env, check=False)
    assert not (Path(env["ORGCODE_HOME"]) / "tls/K99.key").exists() and gone.returncode == 1


def test_a_home_keeps_its_mode(checkout, secure):
    env, _ = secure
    checkout.quickstart("stop", env=env)
    checkout.quickstart("start", env=env)
    status = checkout.quickstart("status", env=env).stdout
    assert re.findall(r"^(\w+) +runs, pid \d+, port \d+, ready$", status, re.M) == list(PROGRAMS), status
    assert_serve_answers(checkout, env)
    refused = checkout.quickstart("--secure", check=False)
    assert refused.returncode == 1 and "holds a registry that is not secured" in refused.stderr
