rule figure:
    input:
        figure_inputs,
    output:
        LAYOUT.figure("{name}"),
    log:
        LAYOUT.log("figure/{name}"),
    shell:
        "{MLM} figure {ARGUMENTS} --name {wildcards.name} 2> {log:q}"


rule tables:
    input:
        tables_inputs,
    output:
        WORK.tables,
    log:
        LAYOUT.log("tables"),
    shell:
        "{MLM} tables {ARGUMENTS} 2> {log:q}"


rule report:
    input:
        report_inputs,
    output:
        REPORTS,
    log:
        LAYOUT.log("report"),
    shell:
        "{MLM} report {ARGUMENTS} 2> {log:q}"
