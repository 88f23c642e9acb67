# If a rung fails, the reason takes the place of its record, and the report shows it beside the others.
rule prelude:
    input:
        inputs_of("prelude/{model}"),
    output:
        WORK.output("prelude/{model}"),
    log:
        LAYOUT.log("prelude/{model}"),
    resources:
        mem_mb=WORK.memory("prelude"),
        runtime=WORK.minutes("prelude"),
    shell:
        WORK.shell("prelude/{model}")


rule fit:
    input:
        inputs_of("fit/{model}"),
    output:
        WORK.output("fit/{model}"),
    log:
        LAYOUT.log("fit/{model}"),
    priority: FITS
    resources:
        mem_mb=WORK.memory("fit"),
        runtime=WORK.minutes("fit"),
    shell:
        WORK.shell("fit/{model}")


rule effects:
    input:
        inputs_of("effects"),
    output:
        WORK.output("effects"),
    log:
        LAYOUT.log("effects"),
    resources:
        mem_mb=WORK.memory("effects"),
        runtime=WORK.minutes("effects"),
    shell:
        WORK.shell("effects")


# The rungs whose fits are in doubt, or all rungs, as the spec says.
rule allfit:
    input:
        inputs_of("allfit"),
    output:
        update(WORK.output("allfit")),
    log:
        LAYOUT.log("allfit"),
    priority: LONG
    resources:
        mem_mb=WORK.memory("allfit"),
        runtime=WORK.minutes("allfit"),
    shell:
        WORK.shell("allfit")


# Advice on the rungs whose fits are singular or in doubt: each alternative is fitted beside them.
rule remedies:
    input:
        inputs_of("remedies"),
    output:
        update(WORK.output("remedies")),
    log:
        LAYOUT.log("remedies"),
    priority: LONG
    resources:
        mem_mb=WORK.memory("remedies"),
        runtime=WORK.minutes("remedies"),
    shell:
        WORK.shell("remedies")


# The standard errors of the last rung and of the prelude with and without regard to the clusters.
rule cost:
    input:
        inputs_of("cost"),
    output:
        update(WORK.output("cost")),
    log:
        LAYOUT.log("cost"),
    resources:
        mem_mb=WORK.memory("cost"),
        runtime=WORK.minutes("cost"),
    shell:
        WORK.shell("cost")
