# Planned studies. Closed answers come first; several jobs share the simulated studies of a design.
rule power_closed:
    input:
        inputs_of("power_closed"),
    output:
        WORK.output("power_closed"),
    log:
        LAYOUT.log("power_closed"),
    resources:
        mem_mb=WORK.memory("power_closed"),
        runtime=WORK.minutes("power_closed"),
    shell:
        WORK.shell("power_closed")


rule power_studies:
    input:
        inputs_of("power_studies/{cell}/{replicates}"),
    output:
        WORK.output("power_studies/{cell}/{replicates}"),
    log:
        LAYOUT.log("power_studies/{cell}/{replicates}"),
    wildcard_constraints:
        cell="[^/]+",
        replicates="[0-9]+-[0-9]+",
    resources:
        mem_mb=WORK.memory("power_studies"),
        runtime=WORK.minutes("power_studies"),
    shell:
        WORK.shell("power_studies/{cell}/{replicates}")


rule power_result:
    input:
        inputs_of("power_result"),
    output:
        WORK.output("power_result"),
    log:
        LAYOUT.log("power_result"),
    resources:
        mem_mb=WORK.memory("power_result"),
        runtime=WORK.minutes("power_result"),
    shell:
        WORK.shell("power_result")
