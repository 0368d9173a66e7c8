using System.Text;
using System.Text.Json;
using PmOrleans.Decisioning.Catalog.Diagnostics;
using PmOrleans.Gateway.Hosting;
using PmOrleans.Node.Catalog;

namespace PmOrleans.Gateway.Tests;

/// <summary>The marketers' guides, typed in from top to bottom: every command of theirs, against a node with the sample shop.</summary>
public sealed class GuideCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pmorleans-").FullName;

    [Theory]
    [InlineData("docs/catalog.md")]
    [InlineData("docs/zh-CN/catalog.md")]
    public async Task every_command_of_the_guide_does_what_it_says(string guide)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(GatewayProcess.Checkout, guide));
        await using var opened = await EmbeddedNodeService.OpenAsync(new GatewayOptions { DataFolder = _folder, CatalogFolder = SampleCatalog.Find() });
        await using var app = GatewayApp.Build(new GatewayOptions { Urls = "http://127.0.0.1:0", DeadlineMs = 60_000 }, opened.Node);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var bundle = CatalogFolder.Read(SampleCatalog.Find()!, new DiagnosticBag())!.Bytes.ToArray();
        // The guide rolls back from version 8, which is its draft, to version 7; somebody has to have seen its offers.
        for (var version = 2; version <= 7; version++)
        {
            await SendAsync(client, HttpMethod.Put, "/v1/catalog", WithFile(bundle, $"{version}.yaml"), "*");
        }

        await SendAsync(client, HttpMethod.Post, "/v1/touchpoints", """{"messageId":"m-1","customerId":"c-42","type":"view"}"""u8.ToArray());
        var (commands, reach) = (0, default(JsonElement));

        foreach (var words in Blocks(text, "sh").SelectMany(Commands))
        {
            commands++;
            if (words[0] == "dotnet")
            {
                Assert.Equal(["dotnet", "run", "-c", "Release", "--project", "gateway", "--"], words[..7], StringComparer.Ordinal);
                var (exitCode, output, error) = await GatewayProcess.RunAsync(GatewayProcess.Checkout, [.. words[7..].TakeWhile(word => word != ">")]);
                Assert.True(exitCode == 0, error);
                bundle = words.Contains(">") ? Encoding.UTF8.GetBytes(output) : bundle;
                continue;
            }

            var request = Curl(words, bundle);
            if (request.Path.Contains('…'))
            {
                var running = $"/v1/reach/{reach.GetProperty("id").GetString()}";
                do
                {
                    reach = await SendAsync(client, HttpMethod.Get, running);
                }
                while (reach.GetProperty("status").GetString() == "running");
                continue;
            }

            var answer = await SendAsync(client, request.Method, request.Path, request.Body, request.IfMatch);
            reach = request.Path == "/v1/reach" ? answer : reach;
        }

        Assert.True(commands >= 14, $"{commands} commands");
        Assert.Equal(9, (await SendAsync(client, HttpMethod.Get, "/v1/catalog/versions")).GetProperty("versions")[0].GetProperty("version").GetInt32());
        AssertIsLike(JsonDocument.Parse(Blocks(text, "jsonc").Single()).RootElement, reach, "");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Whatever the example has, the answer has: in lists, some item of it.</summary>
    private static void AssertIsLike(JsonElement example, JsonElement answer, string path)
    {
        Assert.True(example.ValueKind == answer.ValueKind || example.ValueKind is JsonValueKind.True or JsonValueKind.False, path);
        switch (example.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in example.EnumerateObject())
                {
                    Assert.True(answer.TryGetProperty(member.Name, out var value), $"{path}/{member.Name} is not in {answer}");
                    AssertIsLike(member.Value, value, $"{path}/{member.Name}");
                }

                break;
            case JsonValueKind.Array:
                AssertIsLike(example[0], answer.EnumerateArray().First(item => !item.TryGetProperty("removedBy", out var removed) || removed.GetArrayLength() > 0), path);
                break;
        }
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, byte[]? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new("application/json");
        }

        if (ifMatch is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("If-Match", ifMatch));
        }

        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static (HttpMethod Method, string Path, byte[]? Body, string? IfMatch) Curl(List<string> words, byte[] bundle)
    {
        Assert.Equal(["curl", "-s"], words[..2], StringComparer.Ordinal);
        (HttpMethod? method, string path, byte[]? body, string? ifMatch) = (null, "", null, null);
        for (var i = 2; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "-X":
                    method = new HttpMethod(words[++i]);
                    break;
                case "-d":
                    body = Encoding.UTF8.GetBytes(words[++i]);
                    break;
                case "--data-binary":
                    Assert.Equal("@bundle.json", words[++i]);
                    body = bundle;
                    break;
                case "-H" when words[i + 1].StartsWith("If-Match: ", StringComparison.Ordinal):
                    ifMatch = words[++i]["If-Match: ".Length..];
                    break;
                case "-H":
                    Assert.Equal("Content-Type: application/json", words[++i]);
                    break;
                default:
                    Assert.StartsWith("http://127.0.0.1:8080/", words[i], StringComparison.Ordinal);
                    path = words[i]["http://127.0.0.1:8080".Length..];
                    break;
            }
        }

        return (method ?? (body is null ? HttpMethod.Get : HttpMethod.Post), path, body, ifMatch);
    }

    /// <summary>The words of each command, as a shell reads them: quotes, comments, lines that go on behind a backslash.</summary>
    private static IEnumerable<List<string>> Commands(string block)
    {
        var (words, word, quote) = (new List<string>(), new StringBuilder(), '\0');
        var text = block.Replace("\\\n", " ", StringComparison.Ordinal);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0' || c is '\'' or '"')
            {
                if (quote == '\0' || c == quote)
                    quote = quote == '\0' ? c : '\0';
                else
                    word.Append(c);
                continue;
            }

            if (c == '#' && word.Length == 0)
                i = text.IndexOf('\n', i) - 1;
            else if (!char.IsWhiteSpace(c))
                word.Append(c);
            else if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }

            if (c == '\n' && words.Count > 0)
            {
                yield return words;
                words = [];
            }
        }

        Assert.Empty(words);
    }

    private static IEnumerable<string> Blocks(string text, string language) =>
        text.Split($"```{language}\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);

    private static byte[] WithFile(byte[] bundle, string name)
    {
        var files = JsonDocument.Parse(bundle).RootElement.GetProperty("files").EnumerateObject().ToDictionary(file => file.Name, file => file.Value.GetString()!, StringComparer.Ordinal);
        files[name] = "context: {}\n";
        return JsonSerializer.SerializeToUtf8Bytes(new { files });
    }
}
