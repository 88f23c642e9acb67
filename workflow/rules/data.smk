def key_of_data(wildcards):
    return WORK.key_file("data")  # once it is known whether the check has made the data


checkpoint data:
    input:
        key_of_data,
    output:
        WORK.output("data"),
    log:
        LAYOUT.log("data"),
    shell:
        WORK.shell("data")
