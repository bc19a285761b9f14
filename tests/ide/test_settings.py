from __future__ import annotations

from buildxray.ide.settings import DEFAULT_PLATFORMS, Settings, read_settings
from buildxray.plan.checks.catalogue import CHECK_NAMES, kebab_case
from buildxray.platforms.platform import Platform
from tests.support.cases import every_case

ARM = Platform("linux", "arm64")
AMD = Platform("linux", "amd64")


@every_case(
    "raw, settings",
    [
        (None, Settings()),
        ({}, Settings()),
        ({"platforms": None, "buildPlatform": None}, Settings()),
        ({"platforms": [], "buildPlatform": "", "interpreter": "x", "trace": {}}, Settings()),
        ({"platforms": ["linux/arm64"]}, Settings((ARM,))),
        ({"platforms": "linux/x86_64, linux/aarch64,linux/amd64"}, Settings((AMD, ARM))),
        ({"buildPlatform": "arm64"}, Settings(None, ARM)),
        ({"inlayHints": False, "codeLens": True}, Settings(inlay_hints=False)),
        ({"codeLens": False}, Settings(code_lens=False)),
        (
            {"select": "emulated-build, missing-goarm", "ignore": []},
            Settings(select=("emulated-build", "missing-goarm")),
        ),
        ({"buildkitChecks": False}, Settings(buildkit_checks=False)),
    ],
)
def test_valid_settings_are_read(raw: object, settings: Settings) -> None:
    assert read_settings(raw) == (settings, ())


@every_case(
    "raw, warning",
    [
        ([], "the settings of buildxray must be an object"),
        ({"platforms": 3}, '`buildxray.platforms` is ignored: expected a list of platforms such as ["linux/amd64"'),
        ({"platforms": ["linux/amd64", {}]}, "`buildxray.platforms` is ignored: expected a platform such as"),
        ({"platforms": ["li nux"]}, "`buildxray.platforms` is ignored: `li nux`"),
        ({"buildPlatform": ["linux/amd64"]}, "`buildxray.buildPlatform` is ignored: expected a platform such as"),
        (
            {"buildPlatform": {"linux/arm64": ""}},
            '`buildxray.buildPlatform` is ignored: expected an object such as `{"linux/arm64": "linux/arm64"}`',
        ),
        ({"buildPlatfrom": "x"}, "unknown setting `buildxray.buildPlatfrom`; did you mean `buildxray.buildPlatform`?"),
        (
            {"zzz": "x"},
            "unknown setting `buildxray.zzz`; the settings are `buildxray.build`, `buildxray.buildPlatform`, `buildxray.buildkitChecks`, ",
        ),
        (
            {"ignore": ["emulated-biuld"]},
            "`buildxray.ignore` is ignored: there is no rule `emulated-biuld`; did you mean",
        ),
        ({"select": ["zzz"]}, "`buildxray.select` is ignored: there is no rule `zzz`; `buildxray rules` lists all"),
        ({"select": 3}, '`buildxray.select` is ignored: expected a list of rules such as ["emulated-build"]'),
        ({"locale": "de"}, "`buildxray.locale` is ignored: expected one of `en`, `ja`"),
        ({"inlayHints": "off"}, "`buildxray.inlayHints` is ignored: expected true or false"),
    ],
)
def test_invalid_settings_keep_their_default_and_are_reported(raw: object, warning: str) -> None:
    settings, warnings = read_settings(raw)
    assert settings == Settings()
    assert len(warnings) == 1
    assert warnings[0].message.startswith(warning)


def test_several_platforms_in_the_settings_are_a_request() -> None:
    assert Settings().request().target_platforms == DEFAULT_PLATFORMS
    assert not Settings().asks_for_several
    assert not Settings((ARM,)).asks_for_several
    assert Settings((ARM, AMD)).asks_for_several


def test_select_ignore_and_buildkit_checks_choose_rules() -> None:
    names = {it.name for it in Settings().rules}
    assert {"emulated-build", "redundant-target-platform", "from-platform-flag-const-disallowed"} <= names
    assert [
        it.name for it in Settings(select=("emulated-build", "missing-goarm"), ignore=("missing-goarm",)).rules
    ] == ["emulated-build"]
    checks = {kebab_case(it) for it in CHECK_NAMES} - {"invalid-base-image-platform"}
    assert names - {it.name for it in Settings(buildkit_checks=False).rules} == checks


def test_nearer_settings_override_others() -> None:
    project = Settings((ARM,), code_lens=False)
    assert Settings((AMD,), inlay_hints=False).over(project) == Settings((AMD,), inlay_hints=False, code_lens=False)
    assert Settings().over(project) == project


def test_an_unknown_platform_is_used_and_reported() -> None:
    settings, problems = read_settings({"platforms": ["linux/arm46", "linux/amd64"]})
    assert [*map(str, settings.platforms or ())] == ["linux/arm46", "linux/amd64"]
    assert [it.message for it in problems] == [
        "`buildxray.platforms`: unknown platform linux/arm46; did you mean linux/arm64?"
    ]


@every_case("raw", [{f"setting{n}": 1 for n in range(1000)}, {"platforms": [f"linux/a{n}" for n in range(1000)]}])
def test_the_messages_about_unknown_names_are_few(raw: dict[str, object]) -> None:
    _settings, problems = read_settings(raw)
    assert len(problems) == 20
