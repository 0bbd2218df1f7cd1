"""What is compared, one module each. A module has `job(level, workload)` and `ids(level, workload, case)`."""
