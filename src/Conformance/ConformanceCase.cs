using System.Diagnostics;

namespace FusedMoe.Conformance;

/// <summary>
/// One thing a backend must hold: an object without a test framework. <see cref="ToString"/> gives the id, so that test
/// frameworks show it as the name of the test.
/// </summary>
public sealed class ConformanceCase
{
    private readonly SuiteContext _context;
    private readonly Func<CaseScope, string> _body;

    internal ConformanceCase(SuiteContext context, CaseSubject subject, CaseText text, Func<CaseScope, string> body)
    {
        (_context, _body) = (context, body);
        Subject = subject.Name;
        SubjectOwner = subject;
        Group = text.Group;
        Id = $"{subject.Name}/{text.Group}/{text.Name}";
        Description = text.Description;
    }

    /// <summary>Unique within a suite and stable between runs: <c>subject/group/name</c>.</summary>
    public string Id { get; }

    /// <summary>What kind of promise it checks, see <see cref="CaseGroups"/>.</summary>
    public string Group { get; }

    /// <summary>The stage or pair under test, for example <c>local+cpu</c> or <c>router:topk</c>.</summary>
    public string Subject { get; }

    /// <summary>One sentence: what must hold.</summary>
    public string Description { get; }

    internal CaseSubject SubjectOwner { get; }

    /// <summary>Runs the case. Never throws for a failing backend; cases of one suite run one at a time.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ConformanceResult Run(CancellationToken cancellationToken = default)
    {
        lock (_context.Gate)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var watch = Stopwatch.StartNew();
            var (outcome, detail, refusal) = RunBody(cancellationToken);
            return new ConformanceResult(outcome, detail, refusal, watch.Elapsed);
        }
    }

    /// <summary>The id.</summary>
    public override string ToString() => Id;

    private (ConformanceOutcome Outcome, string Detail, Refusal? Refusal) RunBody(CancellationToken cancellationToken)
    {
        try
        {
            using var scope = new CaseScope(_context, cancellationToken);
            return (ConformanceOutcome.Passed, _body(scope), null);
        }
        catch (CaseNotApplicableException notApplicable)
        {
            return (ConformanceOutcome.NotApplicable, notApplicable.Message, notApplicable.Refusal);
        }
        catch (CaseFailedException failed)
        {
            return (ConformanceOutcome.Failed, failed.Message, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // A backend may throw anything; whatever it throws is the case's failure.
        catch (Exception unexpected)
#pragma warning restore CA1031
        {
            return (ConformanceOutcome.Failed, Describe(unexpected), null);
        }
    }

    private static string Describe(Exception unexpected)
    {
        var frame = unexpected.StackTrace?.Split('\n').FirstOrDefault()?.Trim() ?? "no stack trace";
        return $"{unexpected.GetType().Name} must not be thrown: {unexpected.Message} ({frame})";
    }
}
