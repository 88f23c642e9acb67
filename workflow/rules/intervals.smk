# Intervals that have a step of their own; the spec says which.
rule profile:
    input:
        inputs_of("profile/{model}"),
    output:
        WORK.output("profile/{model}"),
    log:
        LAYOUT.log("profile/{model}"),
    resources:
        mem_mb=WORK.memory("profile"),
        runtime=WORK.minutes("profile"),
    shell:
        WORK.shell("profile/{model}")


# Several jobs share the replicates of a rung; the next rule computes intervals from all of them.
rule resample:
    input:
        inputs_of("resample/{model}/{replicates}"),
    output:
        WORK.output("resample/{model}/{replicates}"),
    log:
        LAYOUT.log("resample/{model}/{replicates}"),
    wildcard_constraints:
        model=WORK.rungs,
        replicates="[0-9]+-[0-9]+",
    resources:
        mem_mb=WORK.memory("resample"),
        runtime=WORK.minutes("resample"),
    shell:
        WORK.shell("resample/{model}/{replicates}")


rule bootstrap:
    input:
        inputs_of("bootstrap/{model}"),
    output:
        WORK.output("bootstrap/{model}"),
    log:
        LAYOUT.log("bootstrap/{model}"),
    resources:
        mem_mb=WORK.memory("bootstrap"),
        runtime=WORK.minutes("bootstrap"),
    shell:
        WORK.shell("bootstrap/{model}")
