"""What goes wrong before and beside a script: pip, R, Java and Spark, built-in algorithms, frameworks."""

# ruff: noqa: E501 - a pattern or a policy is one line, as it is found and pasted

from __future__ import annotations

from sm_pipeline_widgets.execution.catalogue.row import DIED, Confidence, Known, Seen, words

ROWS = (
    Known(
        "requirement-not-found",
        words(
            r"No matching distribution found for (?P<name>\S+)|Could not find a version that satisfies the requirement (?P<wanted>\S+)"
        ),
        "pip found no version of `{name}{wanted}` that fits.",
        "Check the spelling, whether that version exists for the image's Python, and whether the job may reach the package index.",
        seen=DIED,
        family="pip",
        source="pip",
    ),
    Known(
        "requirements-conflict",
        words(r"ResolutionImpossible|because these package versions have conflicting dependencies"),
        "Two of the required packages need different versions of a third.",
        "Loosen the versions in requirements.txt.",
        seen=DIED,
        family="pip",
        source="pip",
    ),
    Known(
        "package-build",
        words(r"Failed building wheel for (?P<name>\S+)|command '?\S*g?cc'? failed|Failed to build installable wheels"),
        "A package had to be compiled, and that failed. {name}",
        "Choose a version that has a wheel for the image's Python, or an image with a compiler.",
        Confidence.LIKELY,
        seen=DIED,
        family="pip",
        source="pip",
    ),
    Known(
        "requirements-install",
        words(
            r"InstallRequirementsError|pip install .*(?:failed|non-zero exit status)|Command '\[.*'pip', 'install'.*non-zero exit"
        ),
        "The packages in requirements.txt could not be installed.",
        "The lines before it name the package.",
        Confidence.LIKELY,
        seen=DIED,
        family="pip",
        source="SageMaker's training toolkit",
    ),
    Known(
        "missing-r-package",
        words(r"there is no package called [‘'\"](?P<name>[\w.]+)"),
        "The R package `{name}` is not installed where the step runs.",
        "Install it in the image, or at the start of the script.",
        seen=DIED,
        snippet="install.packages('{name}')",
        source="R",
    ),
    Known(
        "missing-java-class",
        words(r"(?:ClassNotFoundException|NoClassDefFoundError): (?P<name>[\w./$]+)"),
        "The Java class `{name}` is not on the class path.",
        "Add the jar that has it (`--jars`), in the version that fits Spark and Scala.",
        seen=DIED,
        source="Java",
    ),
    Known(
        "spark-path",
        words(r"AnalysisException: .*?Path does not exist: (?P<path>[^\s;]+)"),
        "There is nothing at `{path}`.",
        "Check the input's place, and what the step before it wrote.",
        seen=DIED,
        source="Apache Spark",
    ),
    Known(
        "algorithm-refused",
        words(r"Customer Error: (?P<words>[^\n]+)"),
        "The built-in algorithm refuses its data or hyperparameters: {words}",
        "Compare them with the algorithm's documentation: types, content type, columns, required hyperparameters.",
        Confidence.LIKELY,
        seen=DIED,
        source="SageMaker's built-in algorithms",
    ),
    Known(
        "framework-error",
        words(r"AlgorithmError: framework error"),
        "The framework's own code in the container failed, not the script.",
        "The traceback in the log says where; look at versions, the script's name and the hyperparameters of script mode.",
        Confidence.LIKELY,
        seen=(Seen.REASON,),
        family="raised",
        is_general=True,
        source="aws/amazon-sagemaker-examples#1224, #1740",
    ),
    Known(
        "script-raised",
        words(r"AlgorithmError: ExecuteUserScriptError|AlgorithmError: \w+(?:Error|Exception)\b"),
        "The step's own code raised an exception.",
        "The traceback in the log says where.",
        Confidence.LIKELY,
        seen=(Seen.REASON,),
        family="raised",
        is_general=True,
        source="aws/sagemaker-python-sdk#1422, #1442",
    ),
    Known(
        "ended-with-an-error",
        words(r"AlgorithmError: ,? ?(?i:exit code: ?\d+)"),
        "The program ended with an error and left no message behind.",
        "The end of the log says why. Writing the reason into `/opt/ml/output/failure` (Training) or `/opt/ml/output/message` (Processing) makes the service tell it.",
        seen=(Seen.REASON,),
        family="raised",
        is_general=True,
        source="SageMaker's container contract",
    ),
)
