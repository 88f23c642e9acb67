"""Names and helpers shared by the rules.

A step's freshness is decided by its key file (mlm_steps.steps.keys): it is newer than the step's output exactly
when the output was not made from what the spec, the data and the code now say.
"""

from mlm_steps.runner.snakefile import open_workflow

WORK = open_workflow(config, main=workflow.is_main_process)
MLM = WORK.command
ARGUMENTS = WORK.arguments
LAYOUT = WORK.layout
REPORTS = WORK.reports


def key_of(step):
    """Return the key file of a step that only the spec and the data file decide on."""
    return WORK.key_file(step)


def key_after_data(step):
    """Return the key file of a step, once the data are current."""
    checkpoints.data.get()
    return WORK.key_file(step)


def prelude_key(wildcards):
    return key_after_data(f"prelude/{wildcards.model}")


def fit_key(wildcards):
    return key_after_data(f"fit/{wildcards.model}")


def comparison_key(wildcards):
    return key_after_data(f"compare/{wildcards.smaller}--{wildcards.larger}")


def variance_key(wildcards):
    return key_after_data(f"variance/{wildcards.model}")


def variance_fits(wildcards):
    return WORK.variance_fits(wildcards.model)


def profile_key(wildcards):
    return key_after_data(f"profile/{wildcards.model}")


def resample_key(wildcards):
    return key_after_data(f"resample/{wildcards.model}/{wildcards.numbers}")


def bootstrap_key(wildcards):
    return key_after_data(f"bootstrap/{wildcards.model}")


def resampled(wildcards):
    return WORK.resampled(wildcards.model)


def allfit_key(wildcards):
    return key_after_data("allfit")


def remedies_key(wildcards):
    return key_after_data("remedies")


def effects_key(wildcards):
    return key_after_data("effects")


def deletions_key(wildcards):
    return key_after_data("deletions")


def figure_key(wildcards):
    return key_after_data(f"figure/{wildcards.name}")


def tables_key(wildcards):
    return key_after_data("tables")


def report_key(wildcards):
    return key_after_data("report")
