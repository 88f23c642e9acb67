rule figure:
    input:
        inputs_of("figure/{name}"),
    output:
        WORK.output("figure/{name}"),
    log:
        LAYOUT.log("figure/{name}"),
    shell:
        WORK.shell("figure/{name}")


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
