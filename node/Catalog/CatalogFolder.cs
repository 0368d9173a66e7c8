using System.IO.Enumeration;
using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Node.Catalog;

/// <summary>Reads a folder of catalog files, at any depth. Other files, and files and folders whose name begins with a dot, are left alone.</summary>
public static class CatalogFolder
{
    /// <returns><c>null</c> when there is no bundle in the folder; the reasons are then in <paramref name="bag"/>.</returns>
    public static CatalogBundle? Read(string folder, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        if (!Directory.Exists(folder))
        {
            bag.FileError(CatalogCodes.BadFile, folder, "There is no such folder.");
            return null;
        }

        var errors = bag.ErrorCount;
        List<CatalogFile> files = [];
        try
        {
            long bytes = 0;
            foreach (var file in Files(folder))
            {
                var path = Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');
                bytes += Add(file, path, (int)(CatalogLimits.Bytes - bytes), files, bag);
                if (bytes > CatalogLimits.Bytes || files.Count > CatalogLimits.Files)
                {
                    bag.FileError(
                        CatalogCodes.TooLarge, path, $"More than {CatalogLimits.Bytes:N0} bytes or {CatalogLimits.Files:N0} files.");
                    return null;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            bag.FileError(CatalogCodes.BadFile, folder, $"The folder cannot be read: {e.Message}");
        }

        if (bag.ErrorCount > errors)
            return null;
        if (files.Count > 0)
            return CatalogBundle.Of(files, bag);
        bag.FileError(CatalogCodes.BadFile, folder, "The folder has no .yaml, .yml or .json file.");
        return null;
    }

    // Links to folders are not followed, a loop of them would never end; links to files are: that is how Kubernetes mounts a config map.
    private static FileSystemEnumerable<string> Files(string folder) =>
        new(folder, (ref entry) => entry.ToFullPath(), new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None })
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && entry.FileName is not ['.', ..] && CatalogPath.IsCatalogFile(entry.FileName.ToString()),
            ShouldRecursePredicate = (ref entry) => entry.FileName is not ['.', ..] && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };

    /// <returns>Bytes of the file, one more than <paramref name="most"/> when there are more.</returns>
    private static int Add(string file, string path, int most, List<CatalogFile> files, DiagnosticBag bag)
    {
        try
        {
            var bytes = FileText.Read(file, most);
            if (FileText.Decode(bytes, out var hint) is { } text)
                files.Add(new CatalogFile(path, text));
            else if (bytes.Length <= most)
                bag.FileError(CatalogCodes.BadFile, path, "The file is not UTF-8 text.", hint);
            return bytes.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            bag.FileError(CatalogCodes.BadFile, path, $"The file cannot be read: {e.Message}");
            return 0;
        }
    }
}
