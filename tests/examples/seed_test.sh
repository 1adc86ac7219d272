#!/bin/sh
# Runs a program ($1) and compares what it prints with a file ($2).
"$1" | diff - "$2"
