namespace FusedMoe.Conformance;

/// <summary>
/// Finds everything that loaded plugins promise on a device and turns each promise into a case. The cases are plain
/// objects; any test framework or command line can run them.
/// </summary>
public static class ConformanceSuite
{
    /// <summary>
    /// The cases of every router, every prepare/finalize x experts pair that the composer accepts, every stage's
    /// queries and every shared building block on <paramref name="device"/>. Asks capability queries and composes
    /// plans; runs nothing.
    /// </summary>
    /// <param name="services">
    /// A provider with <see cref="IMoeKernelComposer"/>, <see cref="IMoePluginCatalog"/> and device services. It and
    /// the device must live as long as the cases.
    /// </param>
    /// <param name="device">The opened device.</param>
    /// <param name="options">Filters and data; null for all cases with the default seed.</param>
    /// <exception cref="InvalidOperationException">The provider lacks the composer or the catalog.</exception>
    public static IReadOnlyList<ConformanceCase> Discover(
        IServiceProvider services, IComputeDevice device, ConformanceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(device);
        var context = new SuiteContext(services, device, options ?? new ConformanceOptions());
        var texts = context.Options.Text?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return
        [
            .. Stages(context).Concat(Routers(context)).Concat(Chains(context)).Concat(ServiceCases.All(context))
                .Where(c => c.SubjectOwner.Matches(context.Options))
                .Where(c => texts is null || texts.Any(t => c.Id.Contains(t, StringComparison.OrdinalIgnoreCase))),
        ];
    }

    /// <summary>
    /// The cases of one backend, each as the single argument of a parameterized test (NUnit's TestCaseSource, xUnit's
    /// MemberData). When no loaded stage has the name, one case says so and fails.
    /// </summary>
    /// <param name="services">As in <see cref="Discover"/>.</param>
    /// <param name="device">The opened device.</param>
    /// <param name="backend">Name of a router, prepare/finalize or experts stage.</param>
    public static IEnumerable<object[]> CasesFor(IServiceProvider services, IComputeDevice device, string backend)
    {
        ArgumentNullException.ThrowIfNull(backend);
        var options = new ConformanceOptions { Backend = backend };
        var cases = Discover(services, device, options);
        return cases.Count > 0
            ? cases.Select(c => new object[] { c })
            : [[Missing(new SuiteContext(services, device, options), backend)]];
    }

    private static ConformanceCase Missing(SuiteContext context, string backend)
    {
        var failures = context.Catalog.Plugins.Where(p => !p.IsLoaded).Select(
            p => $"{p.Name} did not load: {p.Failure}");
        var known = string.Join(
            ", ",
            context.Catalog.Stages.Where(s => s.DeviceKind == context.DeviceId.Kind).Select(s => s.Name).Distinct());
        var subject = new CaseSubject(backend, [], [backend]);
        var list = new CaseList(context, subject);
        list.Add(CaseGroups.Plans, "loaded", "A stage of this name is loaded.", _ => throw new CaseFailedException(
            $"No stage on {context.DeviceId} is named '{backend}'. Known: {known}. {string.Join("; ", failures)}"));
        return list.Cases[0];
    }

    private static IEnumerable<ConformanceCase> Stages(SuiteContext context)
    {
        foreach (var stage in context.Catalog.Stages.Where(s => s.DeviceKind == context.DeviceId.Kind))
        {
            var list = new CaseList(context, SubjectOf(context, stage));
            QueryCases.AddTo(list, stage);
            foreach (var item in list.Cases)
            {
                yield return item;
            }
        }
    }

    private static IEnumerable<ConformanceCase> Routers(SuiteContext context)
    {
        foreach (var router in context.Catalog.Stages.OfType<IRouterDescriptor>().Where(
            r => r.DeviceKind == context.DeviceId.Kind))
        {
            var subject = SubjectOf(context, router);
            if (!subject.Matches(context.Options))
            {
                continue;
            }

            var list = new CaseList(context, subject);
            RouterCases.AddTo(list, router);
            foreach (var item in list.Cases)
            {
                yield return item;
            }
        }
    }

    private static IEnumerable<ConformanceCase> Chains(SuiteContext context)
    {
        var accepted = ChainDiscovery.Find(context).ToArray();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var subject in accepted)
        {
            var list = new CaseList(context, subject);
            var isFirstOfExperts = seen.Add(subject.Experts.Name);
            ClaimCases.AddTo(list, subject, isFirstOfExperts);
            if (isFirstOfExperts)
            {
                WeightCases.AddTo(list, subject);
                CallCases.AddTo(list, subject);
            }

            EdgeCases.AddTo(list, subject);
            PromiseCases.AddTo(list, subject);
            StageCases.AddTo(list, subject);
            ConfigurationCases.AddTo(list, subject);
            AsyncCases.AddTo(list, subject);
            RankCases.AddTo(list, subject);
            PlanCases.AddTo(list, subject);
            foreach (var item in list.Cases)
            {
                yield return item;
            }
        }

        foreach (var item in RefusedPairs(context, accepted))
        {
            yield return item;
        }
    }

    private static IReadOnlyList<ConformanceCase> RefusedPairs(SuiteContext context, ChainSubject[] accepted)
    {
        var refused = ChainDiscovery.Pairs(context)
            .Select(p => ChainDiscovery.Subject(context, p.Prepare, p.Experts))
            .Where(s => accepted.All(a => a.Name != s.Name) && s.Matches(context.Options))
            .ToArray();
        if (refused.Length == 0)
        {
            return [];
        }

        var everyone = refused.SelectMany(s => s.Plugins).Distinct().ToArray();
        var list = new CaseList(
            context, new CaseSubject("composer", everyone, [.. refused.SelectMany(s => s.Backends).Distinct()]));
        PlanCases.AddRefusedPairs(list, refused);
        return list.Cases;
    }

    private static CaseSubject SubjectOf(SuiteContext context, IStageDescriptor stage)
    {
        var kind = stage.Kind switch
        {
            StageKind.Router => "router",
            StageKind.PrepareFinalize => "prepare-finalize",
            _ => "experts",
        };
        return new CaseSubject($"{kind}:{stage.Name}", [context.Catalog.PluginOf(stage)], [stage.Name]);
    }
}
