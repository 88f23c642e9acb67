rule figures:
    input:
        inputs_of("figures"),
    output:
        WORK.output("figures"),
    log:
        LAYOUT.log("figures"),
    shell:
        WORK.shell("figures")


rule tables:
    input:
        inputs_of("tables"),
    output:
        WORK.output("tables"),
    log:
        LAYOUT.log("tables"),
    shell:
        WORK.shell("tables")


rule report:
    input:
        inputs_of("report"),
    output:
        REPORTS,
    log:
        LAYOUT.log("report"),
    shell:
        WORK.shell("report")
