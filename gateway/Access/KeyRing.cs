using System.Collections.Frozen;

namespace PmOrleans.Gateway.Access;

/// <summary>The keys that are admitted at the moment, out of a file that may change at any time.</summary>
internal sealed class KeyRing
{
    private readonly string _path;
    private string _text;
    private FrozenDictionary<KeyHash, ApiKey> _keys;

    /// <exception cref="FormatException">A line of the file is wrong.</exception>
    /// <exception cref="IOException">The file cannot be read; so says <see cref="UnauthorizedAccessException"/>.</exception>
    public KeyRing(string path)
    {
        _path = path;
        _text = KeyFile.Read(path);
        _keys = ByHash(_text);
    }

    public int Count => Volatile.Read(ref _keys).Count;

    public ApiKey? Find(ReadOnlySpan<char> key) => KeyHash.Of(key) is { } hash && Volatile.Read(ref _keys).TryGetValue(hash, out var found) ? found : null;

    /// <summary>Takes the file over if it has changed; a file that cannot be read, or has a mistake, changes nothing.</summary>
    /// <returns>Whether the keys are others now; a mistake, <c>null</c>: none.</returns>
    public (bool Changed, string? Mistake) Refresh()
    {
        try
        {
            var text = KeyFile.Read(_path);
            if (text == _text)
            {
                return (false, null);
            }

            Volatile.Write(ref _keys, ByHash(text));
            _text = text;
            return (true, null);
        }
        catch (Exception failed) when (IsTold(failed))
        {
            return (false, failed.Message);
        }
    }

    /// <summary>Whether it is a file that cannot be taken, and its message says why.</summary>
    public static bool IsTold(Exception failed) => failed is FormatException or IOException or UnauthorizedAccessException or NotSupportedException;

    private static FrozenDictionary<KeyHash, ApiKey> ByHash(string text) => KeyFile.Parse(text).ToFrozenDictionary(key => key.Hash);
}
