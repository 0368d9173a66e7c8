using System.Text;
using PmOrleans.Decisioning.Catalog.Diagnostics;

namespace PmOrleans.Node.Catalog;

/// <summary>Reads a folder of catalog files, at any depth. Other files, and files and folders whose name begins with a dot, are left alone.</summary>
public static class CatalogFolder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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
        long bytes = 0;
        // Links are not followed: a loop of them would never end.
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (var file in Directory.EnumerateFiles(folder, "*", options))
        {
            var path = Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');
            if (!CatalogPath.IsCatalogFile(path) || path.Split('/').Any(part => part.StartsWith('.')))
                continue;
            bytes += new FileInfo(file).Length;
            if (bytes > CatalogLimits.Bytes || files.Count > CatalogLimits.Files)
            {
                bag.FileError(CatalogCodes.TooLarge, path, $"More than {CatalogLimits.Bytes:N0} bytes or {CatalogLimits.Files:N0} files.");
                return null;
            }

            Add(file, path, files, bag);
        }

        if (bag.ErrorCount > errors)
            return null;
        if (files.Count > 0)
            return CatalogBundle.Of(files, bag);
        bag.FileError(CatalogCodes.BadFile, folder, "The folder has no .yaml, .yml or .json file.");
        return null;
    }

    private static void Add(string file, string path, List<CatalogFile> files, DiagnosticBag bag)
    {
        try
        {
            files.Add(new CatalogFile(path, Strict.GetString(File.ReadAllBytes(file))));
        }
        catch (DecoderFallbackException)
        {
            bag.FileError(CatalogCodes.BadFile, path, "The file is not UTF-8 text.", "save it as UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            bag.FileError(CatalogCodes.BadFile, path, $"The file cannot be read: {e.Message}");
        }
    }
}
