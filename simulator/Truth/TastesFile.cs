using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace PmOrleans.Simulator.Truth;

/// <summary>Reads tastes from YAML.</summary>
public static class TastesFile
{
    /// <param name="path"><c>null</c>: the defaults.</param>
    /// <exception cref="InputException">The file cannot be read or a value is out of range.</exception>
    public static TasteOptions Read(string? path)
    {
        if (path is null)
        {
            return new TasteOptions();
        }

        try
        {
            var tastes = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<TasteOptions?>(File.ReadAllText(path)) ?? new TasteOptions();
            return tastes.Validate() is { Count: > 0 } problems ? throw new InputException($"{path}: {string.Join("; ", problems)}") : tastes;
        }
        catch (YamlException wrong)
        {
            throw new InputException($"{path}, line {wrong.Start.Line}: {(wrong.InnerException ?? wrong).Message}", wrong);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {unreadable.Message}", unreadable);
        }
    }
}
