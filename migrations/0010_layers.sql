-- Layers are told by the roles of columns. Runs of a ResNet had none by their names, so their events are found anew.

UPDATE runs SET detection = 0 WHERE json_extract(recipe, '$.backbone') = 'resnet50';
