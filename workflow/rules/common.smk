"""Names and helpers shared by the rules.

The key file of a step (mlm_steps.steps.run.keys) decides whether the step is made: it is newer than the step's
output exactly when the output was not made from the present spec, data and code. The declarations in
mlm_steps.steps say which steps a step reads. Its inputs are its key file and, where it has to be made, those of
their files that have to be made before it.
"""

from mlm_steps.runner.snakefile import open_workflow

WORK = open_workflow(config, main=workflow.is_main_process)
MLM = WORK.command
ARGUMENTS = WORK.arguments
LAYOUT = WORK.layout
REPORTS = WORK.reports


def inputs_of(step):
    """Return the input function of a step such as ``fit/{model}``.

    The inputs are known once the data are current; those of an optional step, once the effort is planned.
    """

    def inputs(wildcards):
        if not WORK.waits_for_data:
            return WORK.inputs(step.format(**dict(wildcards.items())))
        waited_for = checkpoints.effort if WORK.is_optional(step) else checkpoints.data
        waited_for.get()
        return WORK.inputs(step.format(**dict(wildcards.items())))

    return inputs
