using System.Text.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Http;

/// <summary>A refusal as the result of an endpoint.</summary>
internal sealed class ProblemResult : IResult
{
    private readonly Func<HttpContext, Task> _write;

    public ProblemResult(Refusal refusal, Action<Utf8JsonWriter>? extend = null) =>
        _write = context => ProblemAnswer.WriteAsync(context, refusal, extend);

    public ProblemResult(Problem problem, string detail, IReadOnlyDictionary<string, string[]>? errors = null, Action<Utf8JsonWriter>? extend = null) =>
        _write = context => ProblemAnswer.WriteAsync(context, problem, detail, errors, extend);

    /// <summary>The mistake of one field.</summary>
    public ProblemResult(string field, string mistake)
        : this(Problem.Invalid, "The request has mistakes; nothing was applied.", new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [mistake] })
    {
    }

    public Task ExecuteAsync(HttpContext httpContext) => _write(httpContext);
}
