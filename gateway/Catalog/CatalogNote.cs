using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Http;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Catalog;

/// <summary>Who publishes and why: <c>?author=…&amp;comment=…</c>, percent-encoded as any text in an address is.</summary>
internal static class CatalogNote
{
    public const int AuthorLength = 128;
    public const int CommentLength = 1_000;

    /// <param name="others">Other parameters that the address may have.</param>
    /// <returns><c>null</c>, with the answer, when there are mistakes.</returns>
    public static PublishNote? Read(HttpContext context, out IResult? mistakes, params string[] others)
    {
        var errors = new ErrorList();
        KnownParameters.Check(context.Request, errors, ["author", "comment", .. others]);
        var note = new PublishNote(Author(context, errors), Text(context, "comment", CommentLength, errors));
        mistakes = errors.IsEmpty ? null : new ProblemResult(Problem.Invalid, "The address has mistakes; nothing was applied.", errors.ToDictionary());
        return errors.IsEmpty ? note : null;
    }

    /// <summary>A whole number in the address.</summary>
    public static int? Whole(HttpContext context, string name, int least, int most, out IResult? mistake)
    {
        mistake = null;
        if (context.Request.Query[name].ToString() is not { Length: > 0 } text)
        {
            return null;
        }

        if (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        mistake = new ProblemResult(name, $"is '{Labels.Shown(text)}'; a whole number from {least} to {most} is expected");
        return null;
    }

    /// <summary>Who it says it is; where callers have keys, with the name of the key, which nobody can choose.</summary>
    private static string? Author(HttpContext context, ErrorList errors)
    {
        var key = context.User.Identity?.Name;
        var suffix = key is null ? "" : $" ({key})";
        return Text(context, "author", AuthorLength - suffix.Length, errors) is { } author ? author + suffix : key;
    }

    private static string? Text(HttpContext context, string name, int length, ErrorList errors)
    {
        var text = context.Request.Query[name].ToString().Trim();
        if (text.Length == 0)
        {
            return null;
        }

        if (Labels.Wrong(text, length) is { } wrong)
        {
            errors.Add(name, wrong);
        }

        return text;
    }
}
