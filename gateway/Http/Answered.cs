namespace PmOrleans.Gateway.Http;

/// <summary>An answer that has been written already, or is being written.</summary>
internal sealed class Answered(Task answer) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => answer;
}
