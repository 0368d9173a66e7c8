namespace PmOrleans.Decisioning.Tests.Segments;

/// <summary>A fact over the public CDNOW purchase log; reported as skipped where <c>../shared/data/cdnow</c> is not beside the repository.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CdnowFactAttribute : FactAttribute
{
    public CdnowFactAttribute()
    {
        if (Folder is null)
        {
            Skip = "The CDNOW purchase log is not in ../shared/data/cdnow.";
        }
    }

    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var beside = Path.Combine(at.FullName, "..", "shared", "data", "cdnow");
            if (File.Exists(Path.Combine(at.FullName, "Engine.slnf")) && Directory.Exists(beside))
            {
                return beside;
            }
        }

        return null;
    }
}
