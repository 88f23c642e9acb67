checkpoint data:
    input:
        WORK.key_file("data"),
    output:
        WORK.output("data"),
    log:
        LAYOUT.log("data"),
    shell:
        WORK.shell("data")
