"""What is planned before an endpoint is made, shared, taken back or deleted: tables of what is there and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sm_pipeline_widgets.errors import UsageError
from sm_pipeline_widgets.execution.deployment import (
    LONGEST_NAME,
    ChangeEndpoint,
    MakeConfiguration,
    MakeEndpoint,
    MakeModel,
    Remove,
    Wanted,
    back_to,
    config_name,
    is_config_of,
    model_name,
    plan_back,
    plan_deploy,
    plan_removal,
    plan_shift,
)
from sm_pipeline_widgets.execution.endpoints import Configuration, Endpoint, Variant, shares
from sm_pipeline_widgets.execution.registry import Approval, Version

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/diabetes/{}"
STAMP = "20261122180500"


def version(number: int) -> Version:
    created = datetime(2026, 11, number, tzinfo=UTC)
    return Version("diabetes", number, ARN.format(number), "Completed", Approval.APPROVED, created=created)


def variant(number: int, weight: float = 1.0) -> Variant:
    return Variant(f"v{number}", model_name("live", version(number)), ARN.format(number), weight, "ml.m5.large", 2)


def endpoint(*variants: Variant, status: str = "InService", config: str = "live-20261101000000") -> Endpoint:
    return Endpoint("live", "arn", status, config, variants)


def configuration(day: int, *variants: Variant) -> Configuration:
    return Configuration(f"live-202611{day:02d}000000", variants, datetime(2026, 11, day, tzinfo=UTC))


def wanted(number: int, **more) -> Wanted:
    return Wanted(version(number), "live", STAMP, **more)


def test_a_new_endpoint_needs_a_model_a_configuration_and_itself():
    plan = plan_deploy(wanted(3), None)
    assert [type(act) for act in plan.acts] == [MakeModel, MakeConfiguration, MakeEndpoint]
    assert "AWS bills 1 x ml.m5.large per instance-hour from now until the endpoint is deleted" in str(plan)
    assert "side by side" not in plan.cost
    assert plan.title == "Deploy diabetes/3 to a new endpoint `live`"


def test_a_version_in_the_place_of_another_keeps_the_other_settings():
    plan = plan_deploy(wanted(3, is_local=True), endpoint(variant(2)), [model_name("live", version(3))])
    config, change = plan.acts
    assert isinstance(config, MakeConfiguration)
    assert [one.name for one in config.variants] == ["v3"]
    assert config.like == "live-20261101000000"
    assert change == ChangeEndpoint("live", f"live-{STAMP}", "live-20261101000000")
    assert plan.cost.startswith("nothing")


def test_a_share_is_taken_from_all_that_were_there_alike():
    plan = plan_deploy(wanted(3, traffic=10), endpoint(variant(1, 3), variant(2, 1)))
    (config,) = [act for act in plan.acts if isinstance(act, MakeConfiguration)]
    assert [(one.name, one.weight) for one in config.variants] == [("v1", 67.5), ("v2", 22.5), ("v3", 10)]
    assert "v3: diabetes/3 on 1 x ml.m5.large, 10 % of the requests" in str(config)
    assert "old and new instances are billed side by side" in plan.cost


@pytest.mark.parametrize(
    ("given", "now", "words"),
    [
        (wanted(3, traffic=10), None, "no endpoint `live` to share"),
        (wanted(3, traffic=100), endpoint(variant(1)), "100 % is no share"),
        (wanted(3, traffic=-1), endpoint(variant(1)), "-1 % is no share"),
        (wanted(3, traffic=10), endpoint(variant(3)), "serves diabetes/3 already"),
        (wanted(3, count=0), None, "0 instances serve nothing"),
        (wanted(3), endpoint(variant(1), status="Updating"), "it is Updating"),
        (Wanted(version(3), "no good", STAMP), None, "no name for an endpoint"),
    ],
)
def test_what_cannot_be_deployed(given, now, words):
    with pytest.raises(UsageError, match=words):
        plan_deploy(given, now)


def test_traffic_is_shifted_among_those_who_are_there():
    plan = plan_shift(endpoint(variant(1, 50), variant(2, 50)), {"v1": 0}, is_local=False)
    assert str(plan.acts[0]) == "change the traffic of endpoint `live`: v1 0 %, v2 100 %"
    assert plan.cost.startswith("no more than now")
    for weights, words in (({"v9": 1}, "no variant `v9`"), ({"v1": -1}, "-1 is none"), ({"v1": 0, "v2": 0}, "Nobody")):
        with pytest.raises(UsageError, match=words):
            plan_shift(endpoint(variant(1, 50), variant(2, 50)), weights, is_local=False)


def test_back_is_the_configuration_before_the_one_it_has():
    made = [configuration(3, variant(3)), configuration(1, variant(1)), configuration(2, variant(2))]
    now = endpoint(variant(3), config=made[0].name)
    assert plan_back(now, made, is_local=True).acts == (ChangeEndpoint("live", made[2].name, made[0].name),)
    first = endpoint(variant(1), config=made[1].name)
    for there in (made, []):
        with pytest.raises(UsageError, match="no configuration before"):
            plan_back(first, there, is_local=True)
    with pytest.raises(UsageError, match="already"):
        back_to(now, made[0], is_local=True)


def test_only_what_was_made_for_an_endpoint_is_deleted_with_it():
    own = [configuration(1, variant(1)), configuration(2, variant(1), Variant("x", "elses", "", 1.0, "ml.m5.large"))]
    plan = plan_removal(endpoint(variant(1), config="elses-config"), own, is_local=False)
    assert plan.acts == (
        Remove("endpoint", "live"),
        Remove("endpoint configuration", own[0].name),
        Remove("endpoint configuration", own[1].name),
        Remove("model", variant(1).model),
    )
    assert "configuration `elses-config`" in plan.notes[0]
    assert "ends what 2 x ml.m5.large costs by the hour" in plan.cost


names = st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,62}", fullmatch=True)


@given(names, st.integers(1, 10**6))
def test_names_fit_and_are_known_again(name, number):
    config, model = (
        config_name(name, STAMP),
        model_name(name, Version("g", number, ARN.format(number), "Completed", Approval.APPROVED)),
    )
    assert max(len(config), len(model)) <= LONGEST_NAME
    assert is_config_of(name, config)
    own = Configuration(config, (Variant("v", model, ARN.format(number)),))
    acts = plan_removal(Endpoint(name, "arn", "InService", config, own.variants), [own], is_local=True).acts
    assert Remove("model", model) in acts


def test_a_longer_name_is_not_taken_for_a_shorter_one():
    assert not is_config_of("a", "a-b-20261122180500")
    assert not is_config_of("a-b", "a-20261122180500")


@given(st.lists(st.floats(0, 100), min_size=1, max_size=5))
def test_shares_are_percents(weights):
    assert sum(shares(weights)) == pytest.approx(100)
