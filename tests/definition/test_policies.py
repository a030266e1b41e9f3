"""Policies: who a role trusts, and the least that is needed as JSON."""

from __future__ import annotations

import json

import pytest

from sm_pipeline_widgets.definition.policies import Need, policy_json, trust_json, trusts


def statement(**more):
    return {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"} | more


@pytest.mark.parametrize(
    "statements, is_trusted",
    [
        ([statement()], True),
        (statement(), True),
        ([statement(Principal={"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]})], True),
        ([statement(Action=["sts:*"])], True),
        ([statement(Action="STS:assumerole")], True),
        ([statement(Principal="*")], True),
        ([statement(Condition={"StringEquals": {"aws:SourceAccount": "1"}})], True),
        ([statement(Principal={"Service": "lambda.amazonaws.com"})], False),
        ([statement(Principal={"AWS": "arn:aws:iam::1:root"})], False),
        ([statement(Action="sts:TagSession")], False),
        ([statement(), statement(Effect="Deny")], False),
        ([statement(), statement(Effect="Deny", Condition={"Bool": {}})], True),
        ([], False),
        (None, False),
    ],
)
def test_who_a_role_trusts(statements, is_trusted):
    assert trusts({"Version": "2012-10-17", "Statement": statements}) == is_trusted


def test_the_trust_policy_that_is_suggested_is_one_that_trusts():
    assert trusts(json.loads(trust_json()))


def test_a_policy_allows_just_what_is_needed():
    needs = [
        Need(("s3:PutObject",), ("arn:aws:s3:::b/*",)),
        Need(("iam:PassRole",), ("arn:aws:iam::1:role/r",), "sagemaker.amazonaws.com"),
        Need(("s3:GetObject", "s3:PutObject"), ("arn:aws:s3:::b/*",)),
    ]
    assert json.loads(policy_json(needs))["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*"},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": "arn:aws:iam::1:role/r",
            "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        },
    ]
