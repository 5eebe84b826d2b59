using System.Runtime.InteropServices;
using FusedMoe.Cpu;

namespace FusedMoe.Experts.Cpu;

/// <content>Loop bodies: each is what one worker does with a range of items.</content>
internal sealed unsafe partial class ExpertEngine
{
    private readonly struct InputBody(ExpertEngine engine, bool isGrouped) : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            for (var i = begin; i < end; i++)
            {
                var row = isGrouped ? engine._groups.InputRows[i] : i;
                var destination = (float*)(engine._input + (row * engine._inputStride));
                engine._hidden.Decode(row, destination, engine._plan.HiddenPadded);
            }
        }
    }

    private readonly struct FirstProductBody(ExpertEngine engine) : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            var tiles = Tiles(engine._layer.Shape.Intermediate, engine._plan.FirstColumns);
            for (var item = begin; item < end; item++)
            {
                var (expert, tile) = (engine._groups.Active[item / tiles], item % tiles);
                var goesOn = item + 1 < end && tile + 1 < tiles;
                engine.FirstProduct(expert, tile, goesOn, engine._scratch[worker]);
            }
        }
    }

    private readonly struct SecondProductBody(ExpertEngine engine) : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            var tiles = Tiles(engine._layer.Shape.Hidden, engine._plan.SecondColumns);
            for (var item = begin; item < end; item++)
            {
                var (expert, tile) = (engine._groups.Active[item / tiles], item % tiles);
                var goesOn = item + 1 < end && tile + 1 < tiles;
                engine.SecondProduct(expert, tile, goesOn, engine._scratch[worker]);
            }
        }
    }

    private readonly struct AmaxBody(ExpertEngine engine) : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            for (var row = begin; row < end; row++)
            {
                var values = (float*)(engine._middle + (row * engine.MiddleStride));
                engine._amax[row] = ActivationRoundTrip.Amax(values, engine._layer.Shape.Intermediate);
            }
        }
    }

    private readonly struct RoundTripBody(ExpertEngine engine) : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            for (var row = begin; row < end; row++)
            {
                var values = (float*)(engine._middle + (row * engine.MiddleStride));
                var amax = engine._roundTrip!.NeedsSharedAmax ? engine._amax[row] : 0f;
                engine._roundTrip.Row(values, engine._layer.Shape.Intermediate, engine._secondInputScale, amax);
            }
        }
    }

    private readonly struct ClearBody(ExpertEngine engine, int capacity) : IWorkerBody
    {
        public void Execute(int begin, int end, int worker)
        {
            var rowBytes = engine._output.DType.BytesFor(engine._layer.Shape.Hidden);
            for (var expert = begin; expert < end; expert++)
            {
                var live = engine._groups.Offsets[expert + 1] - engine._groups.Offsets[expert];
                var first = (((long)expert * capacity) + live) * rowBytes;
                NativeMemory.Clear((byte*)engine._output.Pointer + first, (nuint)((capacity - live) * rowBytes));
            }
        }
    }

    private readonly struct SumBody : IWorkerBody
    {
        private readonly ExpertEngine _engine;
        private readonly nint _ids;
        private readonly TensorView _map;
        private readonly int _globalExperts;
        private readonly int _topK;

        public SumBody(ExpertEngine engine, in StandardRun run)
        {
            _engine = engine;
            _ids = run.TopKIds;
            _map = run.ExpertMap;
            _globalExperts = run.GlobalExperts;
            _topK = run.TopK;
        }

        public void Execute(int begin, int end, int worker)
        {
            var routes = new PairRoutes(_ids, _map, _globalExperts, _engine._experts);
            for (var token = begin; token < end; token++)
            {
                _engine.SumSlots(routes, token, _topK, _engine._scratch[worker]);
            }
        }
    }
}
