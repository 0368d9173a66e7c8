using System.Globalization;
using System.Security.Cryptography;
using PmOrleans.Decisioning.Form;
using PmOrleans.Node.Publishing;

namespace PmOrleans.Gateway.Access;

/// <summary>The file of keys: in each line a name such as a draft may have, scopes with commas between, and <c>sha256:</c> with the key's hash; <c>#</c> begins a comment.</summary>
internal static class KeyFile
{
    public const int MostKeys = 10_000;
    private const long MostBytes = 4 << 20;
    private const string HashPrefix = "sha256:";
    private const string KeyPrefix = "pmo_";
    private const string Every = "all";

    /// <summary>The text of a file of keys.</summary>
    /// <exception cref="FormatException">It is too long.</exception>
    /// <exception cref="IOException">It cannot be read; so say <see cref="UnauthorizedAccessException"/> and <see cref="NotSupportedException"/>.</exception>
    public static string Read(string path)
    {
        // The length of what is open: that of a path may be a link's. A device has none, and perhaps no end.
        using var file = File.OpenRead(path);
        if (file.Length > MostBytes)
        {
            throw new FormatException($"has {file.Length} bytes; allowed are {MostBytes}");
        }

        var bytes = new byte[file.Length + 1];
        var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        using var text = new StreamReader(new MemoryStream(bytes, 0, read));
        return read < bytes.Length ? text.ReadToEnd() : throw new IOException("has more bytes than its length; it is not a regular file, or is being written");
    }

    /// <exception cref="FormatException">A line is wrong; the message says which, and what is allowed.</exception>
    public static IReadOnlyList<ApiKey> Parse(string text)
    {
        var keys = new List<ApiKey>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var hashes = new HashSet<KeyHash>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var comment = line.IndexOf('#');
            var words = (comment < 0 ? line : line[..comment]).ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            // A word may be the key itself, put here by mistake: none is repeated but a name and scopes, see Shown.
            if (words.Length != 3)
            {
                throw Wrong(number, $"has {words.Length} words; a name, scopes and {HashPrefix} with 64 hexadecimal digits are needed");
            }

            var hash = words[2].StartsWith(HashPrefix, StringComparison.Ordinal) ? KeyHash.Parse(words[2].AsSpan(HashPrefix.Length)) : null;
            var key = new ApiKey(
                DraftStore.NameProblem(words[0]) is { } name ? throw Wrong(number, $"has the name '{Shown(words[0])}'; it {name}") : words[0],
                ScopesOf(words[1], problem => Wrong(number, problem)),
                hash ?? throw Wrong(number, $"has no {HashPrefix} with 64 hexadecimal digits as its third word"));
            if (!names.Add(key.Name))
            {
                throw Wrong(number, $"has the name '{key.Name}' once more; each key has its own");
            }

            if (!hashes.Add(key.Hash))
            {
                throw Wrong(number, $"has the key of another line, named '{key.Name}' here");
            }

            if (keys.Count == MostKeys)
            {
                throw Wrong(number, string.Create(CultureInfo.InvariantCulture, $"is one key more than allowed: {MostKeys}"));
            }

            keys.Add(key);
        }

        return keys.Count > 0 ? keys : throw new FormatException("has no key; nobody could call");
    }

    /// <summary>A new key, and the line that admits it.</summary>
    /// <exception cref="FormatException">The name or a scope is wrong.</exception>
    public static (string Key, string Line) Make(string name, string scopes)
    {
        if (DraftStore.NameProblem(name) is { } problem)
        {
            throw new FormatException($"--name is '{Shown(name)}'; it {problem}");
        }

        var known = ScopesOf(scopes, wrong => new FormatException($"--scopes {wrong}"));
        var key = KeyPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var hash = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(key)));
        return (key, $"{name} {string.Join(',', known)} {HashPrefix}{hash}");
    }

    private static IReadOnlyList<string> ScopesOf(string text, Func<string, FormatException> wrong)
    {
        if (text == Every)
        {
            return Scopes.All;
        }

        var scopes = text.Split(',', StringSplitOptions.TrimEntries);
        return Array.Find(scopes, scope => !Scopes.All.Contains(scope, StringComparer.Ordinal)) is { } unknown
            ? throw wrong($"has the scope '{Shown(unknown)}'; allowed are {string.Join(", ", Scopes.All)}, with commas between, or {Every}")
            : [.. scopes.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>A word as it may be repeated: a key in the wrong place is not.</summary>
    private static string Shown(string word) => word.Contains(KeyPrefix, StringComparison.Ordinal) ? KeyPrefix + "…" : Labels.Shown(word);

    private static FormatException Wrong(int line, string what) => new(string.Create(CultureInfo.InvariantCulture, $"line {line} {what}"));
}
