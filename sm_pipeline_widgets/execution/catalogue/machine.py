"""What a program dies of because of the machine: memory, disk, graphics cards, peers, signals."""

# ruff: noqa: E501 - a pattern or a policy is one line, as it is found and pasted

from __future__ import annotations

from sm_pipeline_widgets.execution.catalogue.row import DIED, Confidence, Known, words

ROWS = (
    Known(
        "gpu-memory",
        words(r"CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY|ResourceExhaustedError: OOM when allocating"),
        "The GPU's memory ran out.",
        "Make the batch smaller, or use an instance type with a bigger GPU.",
        seen=DIED,
        family="memory",
        source="PyTorch, TensorFlow",
    ),
    Known(
        "spark-memory",
        words(
            r"Container killed by YARN for exceeding (?:physical )?memory limits|ExecutorLostFailure .*?exit code: ?137"
        ),
        "A Spark executor used more memory than it may.",
        "Raise spark.executor.memoryOverhead, use more partitions, or an instance type with more memory.",
        seen=DIED,
        family="memory",
        source="Apache Spark",
    ),
    Known(
        "java-memory",
        words(r"java\.lang\.OutOfMemoryError"),
        "The Java program used up the memory it was given.",
        "Raise its heap (-Xmx, spark.executor.memory), or use an instance type with more memory.",
        seen=DIED,
        family="memory",
        source="Java",
    ),
    Known(
        "shared-memory",
        words(
            r"DataLoader worker \(pid[^)]*\) is killed by signal|It is possible that dataloader's workers are out of shared memory|unable to (?:open|write to|allocate) shared memory"
        ),
        "Workers of the data loader ran out of (shared) memory.",
        "Use fewer workers (`num_workers`) or smaller batches.",
        seen=DIED,
        family="memory",
        source="PyTorch",
    ),
    Known(
        "memory",
        words(
            r"\bMemoryError\b|Cannot allocate memory|instance type with more memory|[Uu]nable to allocate [\d.]+ [KMGT]iB|std::bad_alloc|[Oo]ut of memory: Killed process|oom-kill|(?i:exit ?code:? *137\b)|^Killed$|^\S+: line \d+: +\d+ Killed\b"
        ),
        "Memory ran out.",
        "Use an instance type with more memory, or work on the data in parts.",
        Confidence.LIKELY,
        seen=DIED,
        exits=frozenset({137}),
        family="memory",
        source="Linux, Python; SageMaker",
    ),
    Known(
        "disk-full",
        words(r"No space left on device"),
        "The disk is full.",
        "Give the step a bigger volume (`volume:`), or write and download less; checkpoints add up.",
        seen=DIED,
        source="Linux",
    ),
    Known(
        "no-gpu",
        words(
            r"No CUDA GPUs are available|Torch not compiled with CUDA enabled|Found no NVIDIA driver on your system|torch\.cuda\.is_available\(\) is False|could not select device driver .*capabilities: \[\[gpu\]\]"
        ),
        "The code asks for a GPU, and there is none it can use.",
        "Choose an instance type with a GPU and an image built for it, or let the code fall back to the processor.",
        seen=DIED,
        family="gpu",
        source="PyTorch",
    ),
    Known(
        "gpu-driver",
        words(
            r"CUDA driver version is insufficient for CUDA runtime version|The NVIDIA driver on your system is too old"
        ),
        "The image's CUDA is newer than the driver of the machine.",
        "Choose an image with an older CUDA, or a newer instance family.",
        seen=DIED,
        family="gpu",
        source="NVIDIA, PyTorch",
    ),
    Known(
        "gpu-architecture",
        words(r"no kernel image is available for execution on the device|CUDA error: invalid device function"),
        "The program was not compiled for this GPU.",
        "Use an instance type or an image whose framework supports the other.",
        seen=DIED,
        family="gpu",
        source="PyTorch",
    ),
    Known(
        "gpu-assert",
        words(r"device-side assert triggered"),
        "A check inside the GPU failed; most often a label or index is out of range.",
        "Compare labels and vocabulary with the model's sizes; CUDA_LAUNCH_BLOCKING=1 under `environment:` shows the true line.",
        Confidence.LIKELY,
        seen=DIED,
        family="gpu",
        source="PyTorch",
    ),
    Known(
        "collective",
        words(
            r"NCCL error|ncclSystemError|ncclInternalError|ncclRemoteError|Watchdog caught collective operation timeout|Connection closed by peer|recv .*Connection reset by peer"
        ),
        "A host of a distributed job lost contact with another.",
        "Look for the host that ended first: the others only lost their peer. If none did, check the security group and the timeout.",
        Confidence.POSSIBLE,
        seen=DIED,
        is_general=True,
        source="NCCL, Gloo",
    ),
    Known(
        "windows-line-ends",
        words(r"python3?\\r|\$'\\r': command not found|/bin/(?:ba)?sh\^M|env: [‘'\"]?\w+\r"),
        "The script has Windows line ends, so its first line names a program that does not exist.",
        "Save it with Unix line ends (LF).",
        seen=DIED,
        family="start",
        snippet="sed -i 's/\\r$//' entrypoint.sh",
        source="Linux",
    ),
    Known(
        "wrong-architecture",
        words(r"exec format error|Exec format error"),
        "The image was built for another processor (ARM against x86).",
        "Build it for the instance's processor.",
        seen=DIED,
        family="start",
        snippet="docker build --platform linux/amd64 .",
        source="Linux, Docker",
    ),
    Known(
        "command-missing",
        words(
            r"(?i:exit ?code:? *127\b)|^(?:\S*sh|\S+\.sh): (?:line \d+: |\d+: )?(?P<name>\S+): (?:command )?not found$|exec: \"(?P<program>[^\"]+)\": (?:executable file not found|stat .*no such file)"
        ),
        "The step's command could not be started: a program was not found. {name}{program}",
        "Check the entry point's path, and that the image has the program.",
        seen=DIED,
        exits=frozenset({127}),
        family="start",
        source="Unix, Docker",
    ),
    Known(
        "command-not-executable",
        words(
            r"(?i:exit ?code:? *126\b)|^(?:\S*sh|\S+\.sh): .*: Permission denied$|exec: \"[^\"]+\": permission denied"
        ),
        "The step's command could not be started: the file is there but may not be executed.",
        "Give it a `#!` line and the right to be executed, or start it through its interpreter.",
        seen=DIED,
        exits=frozenset({126}),
        family="start",
        snippet="chmod +x entrypoint.sh",
        source="Unix, Docker",
    ),
    Known(
        "segmentation-fault",
        words(r"(?i:exit ?code:? *139\b)|Segmentation fault|Fatal Python error: Segmentation fault|SIGSEGV"),
        "The program crashed inside compiled code.",
        "Look for packages compiled for something else (image, driver, NumPy); faulthandler (PYTHONFAULTHANDLER=1 under `environment:`) shows the Python line.",
        Confidence.LIKELY,
        seen=DIED,
        exits=frozenset({139}),
        source="Linux; aws/sagemaker-python-sdk#134",
    ),
    Known(
        "illegal-instruction",
        words(r"(?i:exit ?code:? *132\b)|Illegal instruction|SIGILL"),
        "The processor does not know an instruction of the program.",
        "Use an instance type with a newer processor, or a package built for this one.",
        Confidence.LIKELY,
        seen=DIED,
        exits=frozenset({132}),
        source="Linux; aws/amazon-sagemaker-examples#842",
    ),
    Known(
        "aborted",
        words(r"(?i:exit ?code:? *134\b)|terminate called after throwing an instance of '(?P<name>[^']+)'|SIGABRT"),
        "The program aborted itself after an error inside compiled code. {name}",
        "The lines just before it say which check failed.",
        Confidence.LIKELY,
        seen=DIED,
        exits=frozenset({134}),
        is_general=True,
        source="Linux",
    ),
    Known(
        "asked-to-end",
        words(r"(?i:exit ?code:? *143\b)|SIGTERM received"),
        "The program was asked to end: somebody stopped the step, or its time was up.",
        "If nobody did, look at its time limit and at the other hosts of the job.",
        Confidence.POSSIBLE,
        exits=frozenset({143}),
        is_general=True,
        source="Linux",
    ),
    Known(
        "interrupted",
        words(r"(?i:exit ?code:? *130\b)|KeyboardInterrupt"),
        "The program was interrupted (SIGINT).",
        "Somebody or something sent it the signal; run it again.",
        Confidence.LIKELY,
        exits=frozenset({130}),
        source="Linux",
    ),
)
