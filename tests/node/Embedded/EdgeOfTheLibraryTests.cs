using System.Reflection;
using PmOrleans.Node.Embedded;
using PmOrleans.Node.Log;
using PmOrleans.Node.Log.Sqlite;

namespace PmOrleans.Node.Tests.Embedded;

/// <summary>What a program that holds the node does wrong is told to it in the words of its language.</summary>
public sealed class EdgeOfTheLibraryTests : IDisposable
{
    private readonly NodeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task what_must_not_be_null_is_named_and_a_disposed_node_says_that_it_is()
    {
        var node = await _folder.OpenAsync();
        var nulls = Asks().SelectMany(ask => ask.GetParameters().Where(IsRequired).Select(missing => (ask, missing))).ToList();

        Assert.True(nulls.Count > 20, $"{nulls.Count} parameters");
        Assert.All(nulls, it => Assert.Equal(it.missing.Name, Assert.IsType<ArgumentNullException>(Thrown(node, it.ask, it.missing)).ParamName));
        Assert.Equal("options", (await Assert.ThrowsAsync<ArgumentNullException>(() => EmbeddedNode.OpenAsync(null!))).ParamName);

        await node.DisposeAsync();

        Assert.All(Asks(), ask => Assert.Equal(typeof(EmbeddedNode).FullName, Assert.IsType<ObjectDisposedException>(Thrown(node, ask, missing: null)).ObjectName));
    }

    [Theory]
    [InlineData("UPDATE catalog SET bundle=x'00'")]
    [InlineData("UPDATE value SET value=x'ff'")]
    public async Task a_store_whose_catalog_or_saved_figures_are_damaged_is_refused_as_that(string damage)
    {
        await (await _folder.OpenAsync()).DisposeAsync();
        using (var database = SqliteDatabase.OpenExisting(Path.Combine(_folder.Path, "node.db"), TimeSpan.FromSeconds(30)))
        {
            database.Execute(damage);
        }

        var refusal = await Assert.ThrowsAsync<NodeLogException>(() => _folder.OpenAsync());

        Assert.Equal(NodeLogError.Corrupt, refusal.Error);
        Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<MethodInfo> Asks() => typeof(EmbeddedNode).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => method.ReturnType.IsGenericType && method.ReturnType.GetGenericTypeDefinition() == typeof(ValueTask<>));

    private static bool IsRequired(ParameterInfo parameter) =>
        !parameter.ParameterType.IsValueType && new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.NotNull;

    private static Exception? Thrown(EmbeddedNode node, MethodInfo ask, ParameterInfo? missing)
    {
        var arguments = ask.GetParameters().Select(parameter => parameter == missing ? null : Any(parameter.ParameterType)).ToArray();
        return Record.Exception(() => ask.Invoke(node, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null));
    }

    private static object? Any(Type type) =>
        type == typeof(string) ? "any"
        : type.IsValueType ? Activator.CreateInstance(type)
        : type.IsInterface ? Array.CreateInstance(type.GetGenericArguments()[0], 0)
        : System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
}
