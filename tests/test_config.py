"""Settings: where they come from, which wins, and how mistakes are told."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from agent_sessions.config import AgentEntry, Database, Server, Settings, load
from agent_sessions.config.declare import settings_of
from agent_sessions.config.show import hide_password, rows, sample
from agent_sessions.domain.errors import ConfigError
from agent_sessions.recall.facts.categories import DEFAULT_CATEGORIES

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the configuration file of the folder it happens to run in."""
    monkeypatch.chdir(tmp_path)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    return file


def mistake(*, file: Path | None = None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(file, environ=environ or {})
    return str(caught.value)


def test_without_file_or_environment_everything_has_its_default() -> None:
    loaded = load(environ={})
    assert loaded.settings == Settings()
    assert {row.origin for row in rows(loaded)} == {"default"}


def test_each_source_is_stronger_than_the_one_before(tmp_path: Path) -> None:
    file = written(tmp_path, "server:\n  port: 1001\n  host: localhost\nreplies:\n  queue_limit: 3\n")
    loaded = load(
        file,
        environ={"SERVER_PORT": "1002", "SERVER_HOST": "127.0.0.2"},
        overrides={"server.port": (1003, "--port")},
    )
    assert (loaded.settings.server.port, loaded.settings.server.host) == (1003, "127.0.0.2")
    assert loaded.settings.replies.queue_limit == 3
    assert loaded.origin("server.port") == "command line --port"
    assert loaded.origin("server.host") == "environment SERVER_HOST"
    assert loaded.origin("replies.queue_limit") == f"{file}:5"
    assert loaded.origin("log.level") == "default"


def test_a_file_may_be_named_by_the_environment_and_is_found_beside(tmp_path: Path) -> None:
    file = written(tmp_path, "server: {port: 1001}\n")
    assert load(environ={"AGENT_SESSIONS_CONFIG": str(file)}).settings.server.port == 1001
    file.rename("config.yaml")
    assert load(environ={}).settings.server.port == 1001
    assert load(environ={}).file == Path("config.yaml")


def test_a_file_that_was_asked_for_must_exist() -> None:
    assert mistake(file=Path("none.yaml")) == "configuration file none.yaml does not exist"


@pytest.mark.parametrize("text", ["", "# nothing\n", "server:\n", "---\n"])
def test_an_empty_file_or_section_changes_nothing(tmp_path: Path, text: str) -> None:
    assert load(written(tmp_path, text), environ={}).settings == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server:\n  prot: 1\n", ":2: unknown setting server.prot; did you mean server.port?"),
        ("severs: {}\n", ":1: unknown setting severs; did you mean server?"),
        ("port: 3000\n", ":1: unknown setting port; did you mean server.port?"),
        ("log:\n  wholly_else: 1\n", ":2: unknown setting log.wholly_else"),
        ("server: {port: 1}\nserver: {port: 2}\n", ":2: server is already set on line 1"),
        ("server: [port\n", "not valid YAML"),
        ("- server\n", ":1: must hold settings as"),
        ("server: 5\n", ":1: server must be a section"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_the_line(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, text)
    assert mistake(file=file).startswith(f"{file}")
    assert told in mistake(file=file)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server:\n  port: 70000\n", "server.port ({file}:2): should be less than or equal to 65535"),
        ("server:\n  port: true\n", "server.port ({file}:2): must be a number"),
        ("server:\n  max_payload: much\n", "server.max_payload ({file}:2): must be a number of bytes or end in"),
        ("log: {level: loud}\n", "log.level ({file}:1): should be 'debug', 'info'"),
        ("sessions:\n  default_timeout_minutes: 0\n", "sessions.default_timeout_minutes ({file}:2): should be greater"),
        ("agents: [{kind: echo}]\n", "agents[0].name ({file}:1): field required"),
        ("agents:\n- name: A\n- name: B\n  mood: x\n", "agents[1] ({file}:3): mood is not a member of a character"),
        ("agents: [{name: A, option: {}}]\n", "agents[0] ({file}:1): unknown key option; did you mean options?"),
        ("agents: [{character: no.json}]\n", "agents[0] ({file}:1): character file"),
        ("agents: [{name: A}, {name: A}]\n", "agents: 'A' and 'A' have the same id"),
        ("agents: Companion\n", "agents ({file}:1): should be a valid tuple"),
    ],
)
def test_a_bad_value_names_setting_place_and_rule(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, text)
    assert mistake(file=file).startswith(told.format(file=file))


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    told = mistake(file=written(tmp_path, "server: {port: -1}\nlog: {level: loud}\n"), environ={"CORS_ORIGIN": "x"})
    assert len(told.splitlines()) == 2


def test_unknown_settings_are_told_with_the_other_mistakes(tmp_path: Path) -> None:
    file = written(tmp_path, "server: {prot: 1, port: x}\nfoo: {bar: 1}\nlog: 5\n")
    assert mistake(file=file, environ={"AGENT_SESSIONS_FOO": "1"}).splitlines() == [
        f"{file}:1: unknown setting server.prot; did you mean server.port?",
        f"{file}:2: unknown setting foo",
        f"{file}:3: log must be a section, with 'name: value' lines in it",
        "environment: unknown setting AGENT_SESSIONS_FOO",
        f"server.port ({file}:1): should be a valid integer, unable to parse string as an integer",
    ]


def test_a_bad_value_in_the_environment_names_the_variable() -> None:
    assert mistake(environ={"SERVER_PORT": "abc"}).startswith("server.port (environment SERVER_PORT): ")


def test_an_unknown_variable_of_ours_is_refused_and_others_are_none_of_our_business() -> None:
    told = mistake(environ={"AGENT_SESSIONS_LOG_ACESS": "1"})
    assert told == "environment: unknown setting AGENT_SESSIONS_LOG_ACESS; did you mean AGENT_SESSIONS_LOG_ACCESS?"
    assert load(environ={"SESSION_SOMETHING": "1", "PATH": "/bin"}).settings == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "setting", "value"),
    [
        ("SESSION_DEFAULT_TIMEOUT_MINUTES", "2", "default_timeout_minutes", 2),
        ("SESSION_DEFAULT_TIMEOUT_MINUTES", "0", "default_timeout_minutes", 1),
        ("SESSION_DEFAULT_TIMEOUT_MINUTES", "45 minutes", "default_timeout_minutes", 45),
        ("SESSION_DEFAULT_TIMEOUT_MINUTES", "7.9", "default_timeout_minutes", 7),
        ("SESSION_DEFAULT_TIMEOUT_MINUTES", "", "default_timeout_minutes", 30),
        ("SESSION_TIMEOUT_MINUTES", "45", "default_timeout_minutes", 45),
        ("SESSION_MIN_TIMEOUT_MINUTES", "500", "min_timeout_minutes", 60),
        ("SESSION_MAX_TIMEOUT_MINUTES", "10", "max_timeout_minutes", 60),
        ("SESSION_MAX_DURATION_MINUTES", "abc", "max_duration_minutes", 720),
        ("SESSION_WARNING_THRESHOLD_MINUTES", "0", "warning_threshold_minutes", 1),
        ("SESSION_WARNING_THRESHOLD_MINUTES", "-3", "warning_threshold_minutes", 1),
        ("SESSION_AUTO_RENEW", "false", "auto_renew", False),
    ],
)
def test_elizaos_variables_are_read_as_elizaos_reads_them(
    variable: str, text: str, setting: str, value: object
) -> None:
    assert getattr(load(environ={variable: text}).settings.sessions, setting) == value


@pytest.mark.parametrize(("text", "size"), [("2mb", 2_097_152), ("100KB", 102_400), ("1.5mb", 1_572_864), ("64", 64)])
def test_payload_sizes_are_written_as_express_writes_them(text: str, size: int) -> None:
    assert load(environ={"EXPRESS_MAX_PAYLOAD": text}).settings.server.max_payload == size


@pytest.mark.parametrize(("text", "level"), [("warn", "warning"), ("TRACE", "debug"), ("fatal", "critical")])
def test_log_levels_may_have_elizaos_names(text: str, level: str) -> None:
    assert load(environ={"LOG_LEVEL": text}).settings.log.level == level


def test_postgres_url_is_the_database_unless_our_own_name_says_otherwise() -> None:
    both = {"POSTGRES_URL": "postgresql://h/a", "AGENT_SESSIONS_DATABASE_URL": "sqlite:///b.db"}
    assert load(environ={"POSTGRES_URL": "postgresql://h/a"}).settings.database.url == "postgresql://h/a"
    assert load(environ=both).settings.database.url == "sqlite:///b.db"


def test_numbers_and_lists_can_come_from_the_environment() -> None:
    loaded = load(
        environ={
            "AGENT_SESSIONS_REPLY_QUEUE_LIMIT": "4",
            "AGENT_SESSIONS_REPLY_DEADLINE_SECONDS": "1.5",
            "AGENT_SESSIONS_RATE_LIMIT": "yes",
            "AGENT_SESSIONS_AGENTS": '[{"name": "Echo", "kind": "echo"}]',
        }
    ).settings
    assert (loaded.replies.queue_limit, loaded.replies.deadline_seconds, loaded.rate_limit.enabled) == (4, 1.5, True)
    assert [agent.kind for agent in loaded.agents] == ["echo"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_this_machine_alone_may_be_served_without_a_token(host: str) -> None:
    assert load(environ={"SERVER_HOST": host}).settings.server.on_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_other_machines_are_served_only_with_a_token_or_when_said_twice(host: str) -> None:
    told = mistake(environ={"SERVER_HOST": host})
    assert host in told
    assert "ELIZA_SERVER_AUTH_TOKEN" in told
    assert "AGENT_SESSIONS_ALLOW_OPEN" in told
    assert load(environ={"SERVER_HOST": host, "ELIZA_SERVER_AUTH_TOKEN": "k"}).settings.auth.token == "k"
    assert load(environ={"SERVER_HOST": host, "AGENT_SESSIONS_ALLOW_OPEN": "true"}).settings.server.allow_open


def test_settings_can_be_made_in_python() -> None:
    settings = Settings(server=Server(port=0), database=Database(url="sqlite:///x.db"), agents=(AgentEntry(name="A"),))
    assert settings.agents[0].kind == "companion"
    assert settings.agents[0].document == {"name": "A", "bio": []}


def test_a_character_file_is_found_beside_the_configuration_and_the_entry_wins(tmp_path: Path) -> None:
    character = {"name": "Ada", "bio": ["a", "b"], "settings": {"X": "1"}, "style": {"all": ["short"]}, "enabled": True}
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "ada.json").write_text(json.dumps(character))
    (folder / "c.yaml").write_text("agents: [{character: ada.json, kind: echo, bio: other, options: {a: 1}}]\n")
    (agent,) = load(folder / "c.yaml", environ={}).settings.agents
    assert (agent.name, agent.kind, agent.options) == ("Ada", "echo", {"a": 1})
    assert agent.document["bio"] == "other"
    assert agent.document["style"] == {"all": ["short"]}
    assert "enabled" not in agent.document


def test_secrets_are_never_shown() -> None:
    environ = {"ELIZA_SERVER_AUTH_TOKEN": "s3cret", "POSTGRES_URL": "postgresql://me:s3cret@h/db"}
    shown = {row.path: row.value for row in rows(load(environ=environ))}
    assert shown["auth.token"] == "***"
    assert shown["database.url"] == "postgresql://me:***@h/db"
    assert "s3cret" not in str(shown)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pw@h:1/0", "redis://:***@h:1/0"),
        ("postgresql://h/db?user=u&password=pw&x=1", "postgresql://h/db?user=u&password=***&x=1"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_passwords_in_urls_are_hidden(url: str, shown: str) -> None:
    assert hide_password(url) == shown


def test_the_sample_file_says_every_setting_with_its_default_unit_and_variable() -> None:
    text = (ROOT / "config.yaml").read_text()
    assert text == sample()
    given = yaml.safe_load(text)
    for setting in settings_of(Settings):
        section, _, name = setting.path.rpartition(".")
        if section:
            default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
            assert given[section][name] == default
        for variable in setting.declaration.env:
            assert variable in text
    assert load(ROOT / "config.yaml", environ={}).settings == Settings()


def test_every_setting_has_a_meaning_and_a_variable_of_its_own() -> None:
    names = [name for setting in settings_of(Settings) for name in setting.declaration.env]
    assert len(names) == len(set(names))
    assert all(setting.description and setting.declaration.env for setting in settings_of(Settings))


# -------------------------------------------------------------------------------------------------------------- memory


def test_memory_is_local_and_needs_nothing_to_be_said() -> None:
    settings = Settings()
    assert (settings.memory.backend, settings.extraction.model, settings.projects) == ("local", None, ())
    assert settings.memory.auto_process == timedelta(minutes=10)
    assert settings.memory.categories == DEFAULT_CATEGORIES


def test_an_agent_may_differ_from_what_is_said_of_memory(tmp_path: Path) -> None:
    file = written(tmp_path, "agents:\n- {name: A, memory: {backend: none}}\n- {name: B, memory: {bakend: none}}\n")
    assert mistake(file=file) == f"agents[1].memory.bakend ({file}:3): extra inputs are not permitted"
    (agent,) = load(written(tmp_path, "agents: [{name: A, memory: {backend: none}}]"), environ={}).settings.agents
    assert agent.memory.backend == "none"
    assert "memory" not in agent.document


def test_projects_say_their_keys_and_what_differs(tmp_path: Path) -> None:
    file = written(tmp_path, "projects:\n- {id: a, keys: [rai_s3cret], categories: 'x, y'}\n- {id: b, keys_env: [B]}\n")
    loaded = load(file, environ={})
    first, second = loaded.settings.projects
    assert (first.keys, first.categories, first.merge_conflicts) == (("rai_s3cret",), ("x", "y"), None)
    assert second.keys_env == ("B",)
    shown = {row.path: row.value for row in rows(loaded)}
    assert shown["projects"] == "a, b"
    assert "s3cret" not in repr(loaded)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("memory: {time_zone: Mars/Base}\n", "memory.time_zone ({file}:1): must be the name of a time zone"),
        ("memory:\n  on_delete: burn\n", "memory.on_delete ({file}:2): should be 'keep' or 'forget'"),
        ("memory: {optoins: {}}\n", "{file}:1: unknown setting memory.optoins; did you mean memory.options?"),
        ("projects: [{id: a}, {id: a}]\n", "projects: a is there more than once"),
        ("projects: [{id: a, key: [x]}]\n", "projects[0].key ({file}:1): extra inputs are not permitted"),
        ("extraction: {base_url: nowhere}\n", "extraction.base_url ({file}:1): should be a valid URL"),
    ],
)
def test_mistakes_about_memory_are_told(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, text)
    assert mistake(file=file).startswith(told.format(file=file))


def test_what_holds_values_of_its_own_is_yaml_in_the_environment() -> None:
    environ = {
        "AGENT_SESSIONS_PROJECTS": "[{id: a, keys: [k]}]",
        "AGENT_SESSIONS_MEMORY_OPTIONS": "{url: x, key: s3cret}",
    }
    loaded = load(environ=environ)
    assert [project.id for project in loaded.settings.projects] == ["a"]
    assert loaded.settings.memory.options == {"url": "x", "key": "s3cret"}
    shown = {row.path: row.value for row in rows(loaded)}
    assert shown["memory.options"] == "url, key"
