"""The layer over torch.nn.functional.grouped_mm (CUTLASS inside)."""

import torch

import row_launches

NAME = "grouped_mm"


class GroupedPeer:
    """Sort pairs by expert, gather, grouped product, activation, grouped product, weighted un-permute."""

    name = NAME

    def __init__(self):
        self._product = getattr(torch.nn.functional, "grouped_mm", None) or getattr(torch, "_grouped_mm")

    def candidates(self, call):
        """The library chooses its own tiles."""
        return [{}]

    def bind(self, call, _configuration):
        layer, flat = call.layer, call.ids.view(-1)
        boundaries = torch.arange(layer.shape.local, dtype=torch.int32, device=layer.device)
        inverse = torch.empty(flat.numel(), dtype=torch.int32, device=layer.device)
        w13, w2 = layer.w13.transpose(1, 2), layer.w2.transpose(1, 2)

        def run():
            experts, order = flat.sort(stable=True)
            ends = torch.searchsorted(experts, boundaries, right=True, out_int32=True)
            used = ends[-1:]
            x = row_launches.gather(call, order, used, inverse)
            h = self._product(x, w13, offs=ends)
            a = row_launches.activate(call, h, experts, used)
            y = self._product(a, w2, offs=ends)
            row_launches.combine(call, y, inverse)

        return run
