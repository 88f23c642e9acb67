# What the spec expects of the results; no spec without the key expect has this step.
rule checks:
    input:
        inputs_of("checks"),
    output:
        WORK.output("checks"),
    log:
        LAYOUT.log("checks"),
    resources:
        mem_mb=WORK.memory("checks"),
        runtime=WORK.minutes("checks"),
    shell:
        WORK.shell("checks")


# What has changed since the run that the spec names; no spec without the key compare_with has this step.
rule changes:
    input:
        inputs_of("changes"),
    output:
        WORK.output("changes"),
    log:
        LAYOUT.log("changes"),
    resources:
        mem_mb=WORK.memory("changes"),
        runtime=WORK.minutes("changes"),
    shell:
        WORK.shell("changes")


rule figures:
    input:
        inputs_of("figures"),
    output:
        update(WORK.output("figures")),
    log:
        LAYOUT.log("figures"),
    resources:
        mem_mb=WORK.memory("figures"),
        runtime=WORK.minutes("figures"),
    shell:
        WORK.shell("figures")


rule tables:
    input:
        inputs_of("tables"),
    output:
        WORK.output("tables"),
    log:
        LAYOUT.log("tables"),
    resources:
        mem_mb=WORK.memory("tables"),
        runtime=WORK.minutes("tables"),
    shell:
        WORK.shell("tables")


# The former report can be read until the new one takes its place.
rule report:
    input:
        inputs_of("report"),
    output:
        update(REPORTS),
    log:
        LAYOUT.log("report"),
    shell:
        WORK.shell("report")
