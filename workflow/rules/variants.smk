# Each job fits the ladder for some variants and reads each data file once.
rule variants:
    input:
        inputs_of("variants/{chunk}"),
    output:
        WORK.output("variants/{chunk}"),
    log:
        LAYOUT.log("variants/{chunk}"),
    wildcard_constraints:
        chunk="[0-9]+-[0-9]+",
    resources:
        mem_mb=WORK.memory("variants"),
        runtime=WORK.minutes("variants"),
    shell:
        WORK.shell("variants/{chunk}")
