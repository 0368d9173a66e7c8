using System.Text;

namespace PmOrleans.Gateway.Tests;

/// <summary>Valid requests, broken in thousands of ways with a fixed seed.</summary>
public sealed class FuzzTests
{
    private const string Decision = """
        {"decisionId":"d-1","customerId":"c-42","deadlineMs":100,"placements":[{"id":"home.hero","count":1,"exclude":["offer-9"]}],
        "context":{"channel":"web","n":-1.5e3,"list":[1,{"a":null}]},"touchpoints":[{"type":"view","at":"2026-11-21T10:00:00Z","value":5.25}],"explain":false}
        """;

    private const string Touchpoints = """
        [{"messageId":"m-1","customerId":"c-42","type":"purchase","at":"2026-11-21T10:00:05Z","value":59.9,"currency":"CNY","properties":{"sku":"A-7"}},
        {"customerId":"c-42","type":"consent","purpose":"ads","state":"granted"},{"customerId":"客","type":"identify","set":{"tier":"gold"},"unset":["x"]}]
        """;

    private static readonly string[] Pieces =
        ["{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "-1", "1e999", "\\ud800", "\\u0000", "\u0001", "\"customerId\":\"x\",", "99999999999999999999", "é", "\n", "[[[[", "9999-12-31T23:59:59Z"];

    [Theory]
    [InlineData("/v1/decisions", Decision, "application/json", 1)]
    [InlineData("/v1/touchpoints", Touchpoints, "application/json", 2)]
    [InlineData("/v1/touchpoints", Touchpoints, "application/x-ndjson", 3)]
    public async Task whatever_is_sent_the_answer_is_good_or_a_problem_document_and_never_a_500(string path, string valid, string type, int seed)
    {
        await using var edge = await Edge.StartAsync();
        var random = new Random(seed);
        var good = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var body = Broken(Encoding.UTF8.GetBytes(valid), random);
            var before = edge.Node.Calls;

            var answer = await edge.SendAsync(HttpMethod.Post, path, body, type);

            if (answer.Status is 200 or 202)
            {
                good++;
                Assert.True(edge.Node.Calls > before || answer.Json.GetProperty("accepted").GetInt32() == 0);
                continue;
            }

            Assert.True(answer.Status is 400 or 413, $"{answer.Status} for {Encoding.UTF8.GetString(body)}");
            answer.AssertProblem(answer.Status);
            Assert.True(edge.Node.Calls == before, $"something was applied of {Encoding.UTF8.GetString(body)}");
        }

        // Some mutations hit white space or text: were all refused, the refusals would prove nothing.
        Assert.InRange(good, type.EndsWith("ndjson", StringComparison.Ordinal) ? 0 : 20, 1_900);
    }

    private static byte[] Broken(byte[] valid, Random random)
    {
        var bytes = valid.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at - 1));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next((bytes.Count + 1) / 2), random.Next(1, Math.Max(2, bytes.Count / 2))));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at - 1);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. bytes];
    }
}
