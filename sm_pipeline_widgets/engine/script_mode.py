"""What SageMaker's framework images do with a training script (``sagemaker.md`` §6.1): arguments, variables, failure.

Pure. The names and encodings are the training toolkit's.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROGRAM, SUBMIT_DIRECTORY = "sagemaker_program", "sagemaker_submit_directory"
CODE = "/opt/ml/code"
TUNING_METRIC = "_tuning_objective_metric"
_RESERVED = (TUNING_METRIC, "default_user_module_name")

_LAST_LINE = re.compile(r"^[A-Za-z_][\w.]*(?::|$)")


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts of one instance type; most jobs have one group."""

    name: str
    instance_type: str
    hosts: tuple[str, ...]

    def described(self) -> dict[str, Any]:
        return {"instance_group_name": self.name, "instance_type": self.instance_type, "hosts": list(self.hosts)}


@dataclass(frozen=True, slots=True)
class Host:
    """One of a job's hosts, all of which are this machine; numbers begin at 1."""

    cpus: int
    groups: tuple[Group, ...]
    number: int = 1

    @property
    def name(self) -> str:
        return host_name(self.number)

    @property
    def names(self) -> list[str]:
        return [name for group in self.groups for name in group.hosts]

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def group(self) -> Group:
        return next(group for group in self.groups if self.name in group.hosts)

    @property
    def interface(self) -> str:
        """The network interface over which hosts find each other: AWS says eth0; here it is the loopback, named so."""
        return "lo"


def host_name(number: int) -> str:
    """What the service calls a job's host."""
    return f"algo-{number}"


def decode(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Hyperparameters as values: each string is JSON or, where it is not, itself."""
    return {name: _decoded(text) for name, text in hyperparameters.items()}


def user_part(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are the script's own."""
    return {
        name: value
        for name, value in sorted(hyperparameters.items())
        if not name.startswith("sagemaker_") and name not in _RESERVED
    }


def arguments(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The script's command-line arguments, sorted by name; one letter gets one dash."""
    found: list[str] = []
    for name, value in sorted(values.items()):
        found += [f"-{name}" if len(name) == 1 else f"--{name}", _argument(value)]
    return tuple(found)


def command(program: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    """What starts the script: Python, or a shell for a shell script."""
    if program.endswith(".sh"):
        line = shlex.join([f"./{program}", *arguments(values)])
        return ("/bin/bash", "-c", line)
    return ("python3", program, *arguments(values))


def environment(
    hyperparameters: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]], job: str, host: Host
) -> dict[str, str]:
    """The ``SM_*`` variables of a script-mode training job on one of its hosts."""
    values = user_part(hyperparameters)
    program = str(hyperparameters[PROGRAM])
    resources = resource_config(host)
    facts: dict[str, Any] = {
        "channel_input_dirs": {name: f"/opt/ml/input/data/{name}" for name in channels},
        "current_host": host.name,
        "hosts": host.names,
        "hyperparameters": values,
        "input_config_dir": "/opt/ml/input/config",
        "input_data_config": channels,
        "input_dir": "/opt/ml/input",
        "job_name": job,
        "log_level": int(hyperparameters.get("sagemaker_container_log_level", 20)),
        "model_dir": "/opt/ml/model",
        "module_dir": str(hyperparameters.get(SUBMIT_DIRECTORY, CODE)),
        "module_name": PurePosixPath(program).stem if program.endswith(".py") else program,
        "network_interface_name": host.interface,
        "num_cpus": host.cpus,
        "num_gpus": 0,
        "output_data_dir": "/opt/ml/output/data",
        "output_dir": "/opt/ml/output",
        "output_intermediate_dir": "/opt/ml/output/intermediate",
        "resource_config": resources,
        "user_entry_point": program,
    }
    single = {
        "SM_HPS": values,
        "SM_USER_ENTRY_POINT": program,
        "SM_FRAMEWORK_PARAMS": {},
        "SM_FRAMEWORK_MODULE": "",
        "SM_RESOURCE_CONFIG": resources,
        "SM_INPUT_DATA_CONFIG": channels,
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_CHANNELS": sorted(channels),
        "SM_CURRENT_HOST": host.name,
        "SM_CURRENT_INSTANCE_TYPE": host.group.instance_type,
        "SM_CURRENT_INSTANCE_GROUP": host.group.name,
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": list(host.group.hosts),
        "SM_INSTANCE_GROUPS": [group.name for group in host.groups],
        "SM_INSTANCE_GROUPS_DICT": {group.name: group.described() for group in host.groups},
        "SM_DISTRIBUTION_INSTANCE_GROUPS": [],
        "SM_IS_HETERO": len(host.groups) > 1,
        "SM_MODULE_NAME": facts["module_name"],
        "SM_LOG_LEVEL": facts["log_level"],
        "SM_INPUT_DIR": facts["input_dir"],
        "SM_INPUT_CONFIG_DIR": facts["input_config_dir"],
        "SM_OUTPUT_DIR": facts["output_dir"],
        "SM_OUTPUT_INTERMEDIATE_DIR": facts["output_intermediate_dir"],
        "SM_NUM_CPUS": host.cpus,
        "SM_NUM_GPUS": 0,
        "SM_NUM_NEURONS": 0,
        "SM_MODEL_DIR": facts["model_dir"],
        "SM_MODULE_DIR": facts["module_dir"],
        "SM_NETWORK_INTERFACE_NAME": host.interface,
        "SM_HOSTS": host.names,
        "SM_TRAINING_ENV": facts,
        "SM_USER_ARGS": list(arguments(values)),
    }
    named = {f"SM_CHANNEL_{name.upper()}": path for name, path in facts["channel_input_dirs"].items()}
    named |= {f"SM_HP_{name.upper()}": value for name, value in values.items()}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in (single | named).items()}


def resource_config(host: Host) -> dict[str, Any]:
    """``resourceconfig.json`` as one of a job's hosts finds it."""
    return {
        "current_host": host.name,
        "current_instance_type": host.group.instance_type,
        "current_group_name": host.group.name,
        "hosts": host.names,
        "instance_groups": [group.described() for group in host.groups],
        "network_interface_name": host.interface,
    }


def failure(exit_code: int, lines: Sequence[str], argv: Sequence[str]) -> str:
    """The text the toolkit leaves in ``/opt/ml/output/failure``."""
    message = last_exception(lines).replace('"', "'") if lines else ""
    return f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage "{message}"\nCommand "{shlex.join(argv)}"'


def last_exception(lines: Sequence[str]) -> str:
    """The exception of the last traceback in some log lines, or the last line that says anything."""
    starts = [at for at, line in enumerate(lines) if line.startswith("Traceback (most recent call last):")]
    if starts:
        for line in lines[starts[-1] + 1 :]:
            if line and not line[0].isspace() and _LAST_LINE.match(line):
                return line.strip()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={member}" for name, member in value.items())
    return str(value)
