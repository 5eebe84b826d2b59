"""Builds, checks and times the Triton kernels of FusedMoe.Experts.Triton."""
