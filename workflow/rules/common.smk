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

# Steps of which others wait go first, then those that take longest, so that no core waits for one of them at the end.
FITS, DECISIVE, LONG = 3, 2, 1


def inputs_of(step):
    """Return the input function of a step such as ``fit/{model}``.

    The inputs are known once the data are current; those of an optional step, once the effort is planned. A
    checkpoint that was current when the Snakefile was read is not waited for, since Snakemake would plan again.
    """

    def inputs(wildcards):
        waited_for = WORK.waits_for(step)
        if waited_for is not None:
            getattr(checkpoints, waited_for).get()
        return WORK.inputs(step.format(**dict(wildcards.items())))

    return inputs
