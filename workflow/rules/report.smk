rule figure:
    input:
        key=figure_key,
        records=WORK.records,
    output:
        LAYOUT.figure("{name}"),
    log:
        LAYOUT.log("figure/{name}"),
    shell:
        "{MLM} figure {ARGUMENTS} --name {wildcards.name} 2> {log:q}"


rule tables:
    input:
        key=tables_key,
        records=WORK.records,
        allfit=WORK.allfit,
        remedies=WORK.remedies,
        deletions=LAYOUT.deletions,
    output:
        WORK.tables,
    log:
        LAYOUT.log("tables"),
    shell:
        "{MLM} tables {ARGUMENTS} 2> {log:q}"


rule report:
    input:
        key=report_key,
        records=WORK.records,
        allfit=WORK.allfit,
        remedies=WORK.remedies,
        deletions=LAYOUT.deletions,
        figures=WORK.figures,
        tables=WORK.tables,
    output:
        REPORTS,
    log:
        LAYOUT.log("report"),
    shell:
        "{MLM} report {ARGUMENTS} 2> {log:q}"
