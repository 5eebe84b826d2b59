#!/usr/bin/env bash
# Packs the command line as the .NET tool `fusedmoe`, installs it into a scratch folder and runs the bundled sample with it.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet pack src/Host -c Release -v quiet -o "$work/packages"
dotnet tool install fusedmoe --tool-path "$work/tool" --add-source "$work/packages" --version "*" -v quiet
(cd "$work" && tool/fusedmoe run)
