"""Image aliases and the registries behind them."""

from __future__ import annotations

import pytest

from sm_pipeline_widgets.definition.images import UnknownImageError, aliases, is_image_uri, resolve_image

HUGGINGFACE = (
    "763104351884.dkr.ecr.us-west-2.amazonaws.com/"
    "huggingface-pytorch-training:2.1.0-transformers4.36.0-gpu-py310-cu121-ubuntu20.04"
)
RESOLVED = [
    ("sklearn", "us-west-2", "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"),
    ("sklearn:1.2-1", "eu-west-1", "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"),
    ("sklearn:1.2", "us-east-1", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"),
    ("xgboost:1.0-1", "us-west-2", "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"),
    ("xgboost:1.7-1", "us-west-2", "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"),
    ("xgboost", "cn-north-1", "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.0-5"),
    ("pytorch:2.5", "us-west-2", "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.5.1-cpu-py311"),
    ("pytorch:gpu", "us-west-2", "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.8.0-gpu-py312"),
    ("pytorch-inference:2.4-gpu", "us-west-2",
     "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-inference:2.4.0-gpu-py311"),
    ("tensorflow-inference", "us-west-2", "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.19.0-cpu"),
    ("huggingface:4.36", "us-west-2", HUGGINGFACE),
    ("spark:3.3", "us-west-2", "153931337802.dkr.ecr.us-west-2.amazonaws.com/sagemaker-spark-processing:3.3-cpu-py39"),
    ("clarify", "us-west-2", "306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0"),
    ("model-monitor", "us-west-2", "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer"),
    ("blazingtext", "us-west-2", "433757028032.dkr.ecr.us-west-2.amazonaws.com/blazingtext:1"),
    ("factorization-machines", "us-west-2", "174872318107.dkr.ecr.us-west-2.amazonaws.com/factorization-machines:1"),
    ("my/own:tag", "us-west-2", "my/own:tag"),
]  # fmt: skip


@pytest.mark.parametrize("text, region, uri", RESOLVED)
def test_an_alias_is_what_the_sdk_and_its_users_write(text, region, uri):
    assert resolve_image(text, region) == uri


REFUSED = [
    ("sklern", "us-east-1", "`sklearn`"),
    ("something", "us-east-1", "`pytorch-inference`"),  # nothing is close: all are listed
    ("sklearn:9", "us-east-1", "`1.4-2`"),
    ("sklearn:gpu", "us-east-1", "Leave `gpu` out"),
    ("huggingface:cpu", "us-east-1", "`gpu`"),
    ("model-monitor:2", "us-east-1", "alone"),
    ("sklearn", "moon-base-1", "full URI"),
]


@pytest.mark.parametrize("text, region, words", REFUSED)
def test_what_is_not_known_names_what_there_is(text, region, words):
    with pytest.raises(UnknownImageError) as refused:
        resolve_image(text, region)
    assert words in f"{refused.value.message} {refused.value.fix}"


def test_every_version_of_every_alias_can_be_resolved():
    for alias, versions in aliases().items():
        for version, image in versions.items():
            region = next(iter(image.accounts))
            text = f"{alias}:{version}" if version else alias
            for processor in image.tags:
                uri = resolve_image(f"{text}-{processor}" if processor else text, region)
                assert is_image_uri(uri)
                assert uri.endswith(image.tags[processor])
