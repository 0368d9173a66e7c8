using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PmOrleans.Simulator.Runs;

/// <summary>run.json.</summary>
public static class RunFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, RunDocument run) => Writing(path, () => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(run, Options)));

    /// <summary>Before a run that takes long. Of a file that is there nothing is changed, and none is left where there was none.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Try(string path) => Writing(path, () =>
    {
        var isNew = !File.Exists(path);
        using (File.Open(path, FileMode.OpenOrCreate, FileAccess.Write))
        {
        }

        if (isNew) File.Delete(path);
    });

    /// <exception cref="InputException">The file cannot be read or is no run.</exception>
    public static RunDocument Read(string path)
    {
        try
        {
            var run = JsonSerializer.Deserialize<RunDocument>(File.ReadAllBytes(path), Options) ?? throw new InputException($"{path} holds no run");
            return run.Format == RunDocument.CurrentFormat
                ? run
                : throw new InputException($"{path} has format {run.Format}; this version reads {RunDocument.CurrentFormat}");
        }
        catch (JsonException wrong)
        {
            throw new InputException($"{path} is no run: {wrong.Message}", wrong);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {failed.Message}", failed);
        }
    }

    private static void Writing(string path, Action write)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            write();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be written: {failed.Message}", failed);
        }
    }
}
