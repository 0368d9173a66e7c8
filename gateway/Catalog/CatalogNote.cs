using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>Who publishes and why: <c>?author=…&amp;comment=…</c>, percent-encoded as any text in an address is.</summary>
internal static class CatalogNote
{
    private const int AuthorLength = 128;
    private const int CommentLength = 1_000;

    public static readonly QueryParameter AuthorParameter = QueryParameter.Text("author", "Who it was; kept in the history.", AuthorLength);
    public static readonly QueryParameter CommentParameter = QueryParameter.Text("comment", "Why; kept in the history.", CommentLength);

    /// <param name="draft">What a draft says that is published: stands for what the address does not say.</param>
    /// <returns><c>null</c>, with the answer, when there are mistakes.</returns>
    public static PublishNote? Read(HttpContext context, out IResult? mistakes, PublishNote? draft = null)
    {
        var errors = new ErrorList();
        var note = new PublishNote(Author(context, draft?.Author, errors), Text(context, CommentParameter.Name, CommentLength, errors) ?? draft?.Comment);
        mistakes = errors.IsEmpty ? null : new ProblemResult(Problem.Invalid, "The address has mistakes; nothing was applied.", errors.ToDictionary());
        return errors.IsEmpty ? note : null;
    }

    /// <summary>Who it says it is; where callers have keys, with the name of the key, which nobody can choose.</summary>
    private static string? Author(HttpContext context, string? drafted, ErrorList errors)
    {
        var key = context.User.Identity?.Name;
        var suffix = key is null ? "" : $" ({key})";
        return Text(context, AuthorParameter.Name, AuthorLength - suffix.Length, errors) is { } author ? author + suffix
            : drafted is null ? key
            : drafted == key || drafted.EndsWith(suffix, StringComparison.Ordinal) ? drafted
            : drafted + suffix;
    }

    private static string? Text(HttpContext context, string name, int length, ErrorList errors)
    {
        var text = context.Request.Query[name].ToString().Trim();
        if (text.Length == 0)
        {
            return null;
        }

        if (Labels.WrongLine(text, length) is { } wrong)
        {
            errors.Add(name, wrong);
        }

        return text;
    }
}
