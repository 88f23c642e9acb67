"""Names and helpers shared by the rules.

A step's freshness is decided by its key file (mlm_steps.steps.run.keys): it is newer than the step's output exactly
when the output was not made from what the spec, the data and the code now say. Which steps a step reads is said
in mlm_steps.steps.run.plan; its inputs are its key file and, where it has to be made, those of their files that have
to be made before it.
"""

from mlm_steps.runner.snakefile import open_workflow

WORK = open_workflow(config, main=workflow.is_main_process)
MLM = WORK.command
ARGUMENTS = WORK.arguments
LAYOUT = WORK.layout
REPORTS = WORK.reports


def inputs_of(step):
    """Return what a step waits for, once the data are current."""
    checkpoints.data.get()
    return WORK.inputs(step)


def inputs_after_effort(step):
    """Return what an optional step waits for, once it is planned which of them are done."""
    checkpoints.effort.get()
    return WORK.inputs(step)


def prelude_inputs(wildcards):
    return inputs_of(f"prelude/{wildcards.model}")


def fit_inputs(wildcards):
    return inputs_of(f"fit/{wildcards.model}")


def comparison_inputs(wildcards):
    return inputs_of(f"compare/{wildcards.smaller}--{wildcards.larger}")


def variance_inputs(wildcards):
    return inputs_of(f"variance/{wildcards.model}")


def effort_inputs(wildcards):
    return inputs_of("effort")


def simulation_inputs(wildcards):
    pair = f"{wildcards.smaller}--{wildcards.larger}"
    return inputs_after_effort(f"simulate/{pair}/{wildcards.numbers}")


def profile_inputs(wildcards):
    return inputs_after_effort(f"profile/{wildcards.model}")


def resample_inputs(wildcards):
    return inputs_of(f"resample/{wildcards.model}/{wildcards.numbers}")


def bootstrap_inputs(wildcards):
    return inputs_of(f"bootstrap/{wildcards.model}")


def allfit_inputs(wildcards):
    return inputs_after_effort("allfit")


def remedies_inputs(wildcards):
    return inputs_after_effort("remedies")


def effects_inputs(wildcards):
    return inputs_of("effects")


def deletions_inputs(wildcards):
    return inputs_after_effort("deletions")


def figure_inputs(wildcards):
    return inputs_of(f"figure/{wildcards.name}")


def tables_inputs(wildcards):
    return inputs_of("tables")


def report_inputs(wildcards):
    return inputs_of("report")
