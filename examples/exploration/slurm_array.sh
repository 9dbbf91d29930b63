#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A Slurm job array whose tasks are workers of one study. Workers share nothing but the study's database: they may
# start late, end early, or be fewer than asked for. Submit it from the repository's root, built, which the nodes
# must see under the same path:
#   export TOPKIMA_STORAGE=postgresql://user@host/name TOPKIMA_STUDY=name
#   sbatch examples/exploration/slurm_array.sh
# A password belongs into ~/.pgpass: a URL is shown by ps and scontrol.
#SBATCH --job-name=topkima-explore
# Eight workers; --array=0-63%16 would be 64 with at most 16 at a time.
#SBATCH --array=0-7
# A worker runs one simulation at a time, which uses one core.
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=1G
# Short tasks find gaps between others' jobs; a study goes on with the next array.
#SBATCH --time=04:00:00
# A task of a node that failed starts again and keeps its log.
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=topkima-explore-%A_%a.log
set -eu
# exec: the worker itself gets Slurm's SIGTERM, at the time limit and from scancel.
exec scripts/explore worker \
  --storage "${TOPKIMA_STORAGE:?is not set; expected the URL of the database}" \
  --study "${TOPKIMA_STUDY:?is not set; expected the name of the study}"
