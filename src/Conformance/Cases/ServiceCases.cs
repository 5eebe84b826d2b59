namespace FusedMoe.Conformance;

/// <summary>Building blocks of a device kind that plugins share.</summary>
internal static class ServiceCases
{
    public static IEnumerable<ConformanceCase> All(SuiteContext context)
    {
        foreach (var quantizer in context.DeviceServices<IActivationQuantizer>())
        {
            var list = ListFor(context, "quantizer", quantizer);
            QuantizerCases.AddTo(list, quantizer);
            foreach (var item in list.Cases)
            {
                yield return item;
            }
        }

        foreach (var provider in context.DeviceServices<ITopKWeightAndReduceProvider>())
        {
            var list = ListFor(context, "reduce", provider);
            ReduceCases.AddTo(list, provider);
            foreach (var item in list.Cases)
            {
                yield return item;
            }
        }

        foreach (var ops in context.DeviceServices<ILayerOps>())
        {
            var list = ListFor(context, "layer-ops", ops);
            LayerOpsCases.AddTo(list, ops);
            foreach (var item in list.Cases)
            {
                yield return item;
            }
        }

        foreach (var packing in context.DeviceServices<ITopKPacking>())
        {
            var list = ListFor(context, "packing", packing);
            PackingCases.AddTo(list, packing);
            foreach (var item in list.Cases)
            {
                yield return item;
            }
        }
    }

    /// <summary>A service belongs to the plugin whose stages are in its assembly.</summary>
    private static CaseList ListFor(SuiteContext context, string contract, object service)
    {
        var assembly = service.GetType().Assembly;
        var plugins = context.Catalog.Stages
            .Where(s => s.GetType().Assembly == assembly)
            .Select(context.Catalog.PluginOf)
            .Distinct()
            .ToArray();
        return new CaseList(context, new CaseSubject($"{contract}:{service.GetType().Name}", plugins, []));
    }
}
