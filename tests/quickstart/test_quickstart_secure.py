"""deploy/quickstart --secure: the same registry, every service and every agency by an account of its own."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((ROOT / "schemas/samples/expected.json").read_text())


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
    # of other logins the admin sees that they are there, not what they do
    script = 'psql -XAtc "select distinct usename from pg_stat_activity where usename like \'orgcode%\'" "$ORGCODE_PG"'
    assert {"orgcode-apply", "orgcode-notify", "orgcode-serve"} <= set(shell(checkout, env, "", script).stdout.split())
    for name in ("validate", "apply", "notify", "serve"):
        pid = (Path(env["ORGCODE_HOME"]) / "pid" / name).read_text().split()[0]
        environment = Path(f"/proc/{pid}/environ").read_text()
        assert f"accounts/{name}.conf" in environment and "ORGCODE_PG=" not in environment and "PRIVATE" not in environment


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
    assert checkout.quickstart("status", env=env).stdout.count("ready") >= 3
    refused = checkout.quickstart("--secure", check=False)
    assert refused.returncode == 1 and "holds a registry that is not secured" in refused.stderr
