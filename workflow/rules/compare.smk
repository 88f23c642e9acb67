rule compare:
    input:
        inputs_of("compare/{smaller}--{larger}"),
    output:
        WORK.output("compare/{smaller}--{larger}"),
    log:
        LAYOUT.log("compare/{smaller}--{larger}"),
    wildcard_constraints:
        smaller=WORK.compared,
        larger=WORK.rungs,
    priority: DECISIVE
    resources:
        mem_mb=WORK.memory("compare"),
        runtime=WORK.minutes("compare"),
    shell:
        WORK.shell("compare/{smaller}--{larger}")


# Which optional work is done.
checkpoint effort:
    input:
        inputs_of("effort"),
    output:
        WORK.output("effort"),
    log:
        LAYOUT.log("effort"),
    priority: DECISIVE
    shell:
        WORK.shell("effort")


# The replicates of a comparison that needs a bootstrap; otherwise the record says that it needs none.
rule simulate:
    input:
        inputs_of("simulate/{smaller}--{larger}/{replicates}"),
    output:
        WORK.output("simulate/{smaller}--{larger}/{replicates}"),
    log:
        LAYOUT.log("simulate/{smaller}--{larger}/{replicates}"),
    wildcard_constraints:
        smaller=WORK.compared,
        larger=WORK.rungs,
        replicates="[0-9]+-[0-9]+",
    resources:
        mem_mb=WORK.memory("simulate"),
        runtime=WORK.minutes("simulate"),
    shell:
        WORK.shell("simulate/{smaller}--{larger}/{replicates}")


rule variance:
    input:
        inputs_of("variance/{model}"),
    output:
        WORK.output("variance/{model}"),
    log:
        LAYOUT.log("variance/{model}"),
    resources:
        mem_mb=WORK.memory("variance"),
        runtime=WORK.minutes("variance"),
    shell:
        WORK.shell("variance/{model}")


rule diagnostics:
    input:
        inputs_of("diagnostics/{model}"),
    output:
        WORK.output("diagnostics/{model}"),
    log:
        LAYOUT.log("diagnostics/{model}"),
    priority: DECISIVE
    resources:
        mem_mb=WORK.memory("diagnostics"),
        runtime=WORK.minutes("diagnostics"),
    shell:
        WORK.shell("diagnostics/{model}")


# The assumptions of all models: one job for the whole run.
rule assumptions:
    input:
        inputs_of("assumptions"),
    output:
        update(WORK.output("assumptions")),
    log:
        LAYOUT.log("assumptions"),
    priority: LONG
    resources:
        mem_mb=WORK.memory("assumptions"),
        runtime=WORK.minutes("assumptions"),
    shell:
        WORK.shell("assumptions")


# The groups and rows that move the estimates most: one job for the last rung, or for all.
rule influence:
    input:
        inputs_of("influence"),
    output:
        update(WORK.output("influence")),
    log:
        LAYOUT.log("influence"),
    priority: LONG
    resources:
        mem_mb=WORK.memory("influence"),
        runtime=WORK.minutes("influence"),
    shell:
        WORK.shell("influence")


# Each random effect of each rung is left out: one job for the whole ladder.
rule deletions:
    input:
        inputs_of("deletions"),
    output:
        update(WORK.output("deletions")),
    log:
        LAYOUT.log("deletions"),
    priority: LONG
    resources:
        mem_mb=WORK.memory("deletions"),
        runtime=WORK.minutes("deletions"),
    shell:
        WORK.shell("deletions")


# Variants of the final rung, a job per kind.
rule sensitivity:
    input:
        inputs_of("sensitivity/{kind}"),
    output:
        update(WORK.output("sensitivity/{kind}")),
    log:
        LAYOUT.log("sensitivity/{kind}"),
    priority: LONG
    resources:
        mem_mb=WORK.memory("sensitivity"),
        runtime=WORK.minutes("sensitivity"),
    shell:
        WORK.shell("sensitivity/{kind}")
