from chassis.data.migrations import run

run()
